/* Files that are wrong or mean harm: each ends its job and nothing else. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

import { encryptedPdf, film, pdf, png, probe } from "../lib/files.mjs";
import { descendants, processOf, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const METRE = 72 / 0.0254;      /* in PDF's points */
const SECRET = "what only the other user may see";

let stack, owner, attacker, victim, good, busy, bait, baited = 0;


before(async () => {
    stack = await startStack();
    [owner, attacker] = [await stack.visitor("viewer"),
                         await stack.visitor("viewer")];
    good = readFileSync(await film(join(stack.folder, "good.mp4")));
    victim = await owner.bring(good, "private.mp4", { title: SECRET });
    victim = await owner.ready(victim.id);

    /* it takes one slot as long as it may; the other goes on */
    const bytes = busyPdf();
    assert.ok(bytes.length < 500_000, `${bytes.length} bytes`);
    busy = await attacker.bring(bytes, "busy.pdf");

    bait = createServer((_, answer) => {
        baited++;
        answer.end(good);
    }).listen(0, "127.0.0.1");
    await once(bait, "listening");
}, { timeout });

after(async () => {
    bait.close();
    await stack?.stop();
}, { timeout });


/* A sentence for people, without what is nobody's business. */
function understandable(text) {
    assert.match(text, /^[A-Z][^\n]{10,250}\.$/);
    assert.doesNotMatch(text, /(^|[\s"'(])\/[\w.]+/, "a path");
    assert.doesNotMatch(text, new RegExp(stack.state));
    assert.doesNotMatch(text,
        /ffmpeg|ffprobe|pdftoppm|pdfinfo|bwrap|errno|signal|exit|null/i);
}

async function refusedByWorker(bytes, name, says) {
    const { id } = await attacker.bring(bytes, name);

    return isRefused(await attacker.settled(id), says);
}

async function isRefused(media, says) {
    const folder = stack.path("media", media.id.slice(-2), media.id);
    const { json: job } = await attacker.get(`/api/jobs/${media.job.id}`);

    assert.equal(media.state, "failed");
    assert.equal(job.state, "dead");
    assert.equal(job.error, media.error);
    understandable(media.error);
    assert.match(media.error, says);
    assert.deepEqual(Object.keys(media.links ?? {}), []);
    assert.equal(existsSync(join(folder, "hls")), false);
    assert.equal(existsSync(join(folder, "pages")), false);
}

/* Operators that take minutes to draw, in some 400 KB. */
function busyPdf() {
    const curves = Array.from({ length: 500 }, (_, line) => {
        const at = (line * 7919) % 595;
        const to = (line * 104_729) % 842;

        return `${at} 0 m ${to} 400 ${595 - at} 300 ${595 - to} 842 c b*\n`;
    });

    return pdf({
        drawing: `40 w 1 J 1 j [3 1] 0 d\n${curves.join("").repeat(1600)}`,
    });
}

const playlist = (address) => "#EXTM3U\n#EXT-X-VERSION:3\n"
    + "#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
    + `${address}\n#EXT-X-ENDLIST\n`;


describe("a bad film", { timeout }, () => {
    it("without a byte is refused", async () => {
        await refusedByWorker("", "film.mp4", /empty/i);
    });

    it("cut off before its index is refused", async () => {
        /* the index comes last in what ffmpeg writes without faststart */
        const at = good.lastIndexOf("moov") - 4;
        await refusedByWorker(good.subarray(0, at), "film.mp4",
            /cut off|index|incomplete/i);
    });

    it("that is a text is refused", async () => {
        await refusedByWorker("All of this is only text.\n".repeat(1000),
            "film.mp4", /not a film/i);
    });

    it("of random bytes behind a right beginning is refused", async () => {
        const bytes = Buffer.from(good);

        for (let at = 200; at < bytes.length; at++) {
            bytes[at] = (at * 2_654_435_761) >>> 24;
        }
        await refusedByWorker(bytes, "film.mp4", /./);
    });

    const scripts = {
        "a page": "<!doctype html><script>alert(1)</script>",
        "a script for concat":
            "ffconcat version 1.0\nfile /etc/passwd\nduration 1\n",
        "a drawing that names files":
            '<svg xmlns="http://www.w3.org/2000/svg" '
            + 'xmlns:xlink="http://www.w3.org/1999/xlink"><image '
            + 'xlink:href="file:///etc/passwd"/></svg>',
    };

    for (const [what, text] of Object.entries(scripts)) {
        it(`that is ${what} is refused`, async () => {
            await refusedByWorker(text, "film.mp4", /not a film/i);
        });
    }
});


describe("a playlist that calls itself a film", { timeout }, () => {
    const places = {
        "another user's film": () => `file://${stack.path("media",
            victim.id.slice(-2), victim.id, "original.mp4")}`,
        "another user's film by its path": () => stack.path("media",
            victim.id.slice(-2), victim.id, "original.mp4"),
        "/etc/passwd": () => "file:///etc/passwd",
        "an address of the network": () =>
            `http://127.0.0.1:${bait.address().port}/film.mp4`,
    };

    for (const [what, place] of Object.entries(places)) {
        for (const name of ["film.mp4", "film.m3u8"]) {
            it(`shows nothing of ${what} (${name})`, async () => {
                await refusedByWorker(playlist(place()), name, /not a film/i);
            });
        }
    }

    it("makes nobody ask the network", () => {
        assert.equal(baited, 0);
    });

    it("shows nothing from within a real film either", async () => {
        const behind = Buffer.concat([good, Buffer.from(
            playlist("file:///etc/passwd"))]);
        const { id } = await attacker.bring(behind, "film.mp4");
        const media = await attacker.settled(id);

        if (media.state === "ready") {
            const { format } = await probe(media.links.play);
            assert.ok(Math.abs(Number(format.duration) - 2) < 0.2);
        }
    });
});


describe("a bad score", { timeout }, () => {
    it("behind a password is refused", async () => {
        await refusedByWorker(await encryptedPdf(stack.folder), "score.pdf",
            /password/i);
    });

    it("of ten metres is refused with its size", async () => {
        const side = 10 * METRE;

        await refusedByWorker(pdf({ width: side, height: side }), "score.pdf",
            /10(\.0)? × 10(\.0)? m/);
    });

    it("cut in half is refused", async () => {
        await refusedByWorker(pdf({ pages: 3 }).subarray(0, 300), "score.pdf",
            /./);
    });

    it("without a page is refused", async () => {
        await refusedByWorker(pdf({ pages: 0 }), "score.pdf", /./);
    });

    it("of pages without end is refused", async () => {
        await refusedByWorker(pdf({ pages: 2001 }), "score.pdf", /page/i);
    });

    it("claiming 60,000 × 60,000 pixels is refused with that", async () => {
        await refusedByWorker(png(60_000, 60_000), "page.png",
            /60.?000 × 60.?000 pixels/);
    });

    it("that is half a picture is refused", async () => {
        const half = png(2000, 2000);
        await refusedByWorker(half.subarray(0, half.length - 20), "page.png",
            /./);
    });
});


it("a score that keeps a renderer busy is given up", { timeout: 2 * timeout },
    async () => {
        await isRefused(await attacker.settled(busy.id, { seconds: 180 }),
            /took too long.*limit of \d+ s reached/i);
    });


describe("after all of them", { timeout }, () => {
    it("no tool is left running", async () => {
        const left = await until("the tools are gone", () => {
            const names = descendants(stack.pid("worker"))
                .map((pid) => processOf(pid)?.name ?? "sluice-worker");
            return names.every((name) => /^sluice-(worker|mails)$/.test(name))
                && names;
        });
        assert.ok(left.length > 0);
    });

    it("the log says which sandbox it was", () => {
        assert.match(readFileSync(stack.path("logs/worker.log"), "utf8"),
            /sandbox of the tools: bubblewrap, Landlock \d, seccomp/);
    });

    it("no folder of their work is left", () => {
        assert.deepEqual(readdirSync(stack.path("work")), []);
    });

    it("the worker goes on with the next good file", async () => {
        const { id } = await attacker.bring(good, "good.mp4");
        const media = await attacker.ready(id);

        assert.equal(media.duration, 2);
        assert.equal(media.error, null);
    });

    it("what others brought is as it was", async () => {
        assert.equal((await owner.media(victim.id)).state, "ready");
        const list = await attacker.get(`/api/media?limit=200`);
        assert.equal(list.text.includes(SECRET), false);
    });
});
