/* Pages that are shown are pages that came: nothing blank, black, green or
   shredded in their place, and nothing refused that others show. */

import assert from "node:assert/strict";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

import { request } from "../lib/client.mjs";
import { pdf, pngChunks } from "../lib/files.mjs";
import { run } from "../lib/run.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 300_000;
const [WIDTH, HEIGHT] = [320, 440];

let stack, user, plain, whole;

before(async () => {
    stack = await startStack();
    user = await stack.visitor("viewer");
    plain = at("plain.tif");
    whole = at("whole.jpg");
    await run("ffmpeg", ["-v", "error", "-y", "-i", file("plain.png",
        png(2, (ink) => ink ? [0, 0, 0] : [255, 255, 255])),
        "-compression_algo", "raw", plain, "-q:v", "3", whole]);
}, { timeout });

after(() => stack?.stop(), { timeout });


const at = (name) => join(stack.folder, name);

function file(name, bytes) {
    writeFileSync(at(name), bytes);
    return at(name);
}

/* Staves with notes on them. */
function inked(x, y) {
    const line = (y - 40) % 90;

    return x >= 20 && x < WIDTH - 20 && y >= 40 && line < 48
        && (line % 8 === 0 || ((x % 40) - 20) ** 2 + (line - 20) ** 2 < 60);
}

/* Of one colour type (PNG, 11.2.2), pixel by pixel. */
function png(type, pixel, { depth = 8, before: more = [] } = {}) {
    const rows = [];

    for (let y = 0; y < HEIGHT; y++) {
        rows.push(0);
        for (let x = 0; x < WIDTH; x++) {
            rows.push(...pixel(inked(x, y)));
        }
    }

    const header = Buffer.alloc(13);
    header.writeUInt32BE(WIDTH, 0);
    header.writeUInt32BE(HEIGHT, 4);
    header.set([depth, type, 0, 0, 0], 8);
    return pngChunks(["IHDR", header], ...more,
                     ["IDAT", deflateSync(Buffer.from(rows))],
                     ["IEND", Buffer.alloc(0)]);
}

async function tiffcp(name, ...args) {
    await run("tiffcp", [...args, plain, at(name)]);
    return readFileSync(at(name));
}

/* The mean of grey, 0 to 255, of a page or a part of it. */
async function grey(link, crop = "") {
    const { body } = await request(link);
    const page = file(`grey-${Math.random()}.png`, body);
    const { stdout } = await run("ffmpeg", ["-v", "error", "-i", page, "-vf",
        `${crop}format=gray,scale=1:1:flags=area`, "-f", "rawvideo", "-"],
        { encoding: "buffer" });

    return stdout[0];
}

async function bring(bytes, name) {
    const { id } = await user.bring(bytes, name);
    return user.settled(id);
}

/* Comes out as the plain picture: in whole, and in its rightmost fifth. */
async function isShown(bytes, name, near = 4) {
    const media = await bring(bytes, name);

    assert.equal(media.error, null);
    assert.equal(media.state, "ready");
    assert.equal(media.score.missing, undefined);
    const [mean, edge] = await expected();
    const [page] = media.links.pages;
    assert.ok(Math.abs(await grey(page) - mean) <= near, name);
    assert.ok(Math.abs(await grey(page, RIGHT) - edge) <= near, name);
    return media;
}

const RIGHT = "crop=iw/5:ih:iw*4/5:0,";
let shown;

function expected() {
    shown ??= (async () => {
        const { links } = await bring(readFileSync(at("plain.png")), "p.png");
        return [await grey(links.pages[0]), await grey(links.pages[0], RIGHT)];
    })();
    return shown;
}

async function isRefused(bytes, name, says) {
    const media = await bring(bytes, name);

    assert.equal(media.state, "failed");
    assert.match(media.error, says);
}


describe("a TIFF", { timeout }, () => {
    const kinds = {
        "in strips of JPEG": ["-c", "jpeg:90", "-r", "16"],
        "in strips of JPEG with its own colours": ["-c", "jpeg:r:90"],
        "in tiles of JPEG": ["-c", "jpeg:90", "-t", "-w", "128", "-l", "128"],
        "in tiles of LZW": ["-c", "lzw", "-t", "-w", "64", "-l", "64"],
        "in tiles of separate planes":
            ["-c", "lzw", "-t", "-w", "64", "-l", "64", "-p", "separate"],
        "in strips of separate planes": ["-c", "zip", "-p", "separate"],
        "of the large kind": ["-8", "-c", "zip"],
        "with its lowest byte last": ["-B", "-c", "packbits"],
    };

    for (const [kind, args] of Object.entries(kinds)) {
        it(`${kind} is shown as it is`, async () => {
            await isShown(await tiffcp(`${kind}.tif`, ...args), "scan.tif");
        });
    }

    it("of 16 bits a sample is shown as it is", async () => {
        await run("ffmpeg", ["-v", "error", "-y", "-i", at("plain.png"),
                             "-pix_fmt", "gray16le", at("16.tif")]);
        await isShown(readFileSync(at("16.tif")), "scan.tif");
    });

    it("of more bytes than memory is used for is taken", async () => {
        const big = at("big.tif");
        writeFileSync(big, readFileSync(plain));
        truncateSync(big, 257 * 2 ** 20);
        await isShown(readFileSync(big), "big.tif");
    });

    it("whose next page is nowhere shows those before, and says so",
        async () => {
            const bytes = readFileSync(plain);
            const directory = bytes.readUInt32LE(4);
            const next = directory + 2 + 12 * bytes.readUInt16LE(directory);

            bytes.writeUInt32LE(bytes.length + 999, next);
            const media = await bring(bytes, "scan.tif");
            assert.equal(media.state, "ready");
            assert.equal(media.pages, 1);
            assert.deepEqual(media.score.missing.map(({ page }) => page), [2]);
        });

    it("with a page of another making shows the others, and marks its place",
        async () => {
            const pages = at("three.tif");

            await run("tiffcp", ["-c", "lzw", plain, plain, plain, pages]);
            const bytes = readFileSync(pages);
            spoil(bytes, 1);
            const media = await bring(bytes, "scan.tif");

            assert.equal(media.state, "ready");
            assert.equal(media.pages, 3);
            assert.equal(media.links.pages.length, 3);
            assert.deepEqual(media.score.missing.map(({ page, last }) =>
                [page, last]), [[2, 2]]);
            assert.match(media.score.missing[0].error, /damaged/);
            const [mean] = await expected();
            assert.ok(Math.abs(await grey(media.links.pages[2]) - mean) <= 4);
            assert.ok(await grey(media.links.pages[1]) < 240, "grey");
        });
});

/* The strips of a little-endian TIFF's nth page lie outside of it. */
function spoil(bytes, n) {
    let directory = bytes.readUInt32LE(4);
    const count = () => bytes.readUInt16LE(directory);

    for (; n > 0; n--) {
        directory = bytes.readUInt32LE(directory + 2 + 12 * count());
    }
    for (let entry = 0; entry < count(); entry++) {
        const place = directory + 2 + 12 * entry;

        if (bytes.readUInt16LE(place) === 273) {        /* StripOffsets */
            bytes.writeUInt32LE(1, place + 4);
            bytes.writeUInt32LE(0x7fffffff, place + 8);
        }
    }
}


describe("what is transparent lies on white", { timeout }, () => {
    const of = {
        "in colour": () => png(6, (ink) => [0, 0, 0, ink ? 255 : 0]),
        "in grey": () => png(4, (ink) => [0, ink ? 255 : 0]),
        "of 16 bits": () => png(6, (ink) => [0, 0, 0, 0, 0, 0,
            ...ink ? [255, 255] : [0, 0]], { depth: 16 }),
        "from a palette": () => png(3, (ink) => [ink ? 1 : 0], { before: [
            ["PLTE", Buffer.from([255, 0, 255, 0, 0, 0])],
            ["tRNS", Buffer.from([0])]] }),
    };

    for (const [kind, make] of Object.entries(of)) {
        it(`${kind}, in PNG`, async () => {
            await isShown(make(), "page.png");
        });
    }

    it("in HEIC", async () => {
        file("clear.png", of["in colour"]());
        await run("heif-enc", ["-L", at("clear.png"), "-o", at("clear.heic")]);
        await isShown(readFileSync(at("clear.heic")), "page.heic", 8);
    });

    it("in TIFF", async () => {
        await run("ffmpeg", ["-v", "error", "-y", "-i", file("clear.png",
            of["in colour"]()), "-pix_fmt", "rgba", at("clear.tif")]);
        await isShown(readFileSync(at("clear.tif")), "page.tif");
    });

    it("but for ink that is white itself: that lies on black", async () => {
        const media = await bring(png(6, (ink) =>
            [255, 255, 255, ink ? 255 : 0]), "page.png");

        assert.equal(media.state, "ready");
        const mean = await grey(media.links.pages[0]);
        assert.ok(mean > 5 && mean < 120, `${mean}`);
    });
});


describe("a picture that is cut off", { timeout }, () => {
    it("is refused wherever the cut is, in JPEG", async () => {
        const bytes = readFileSync(whole);

        for (const part of [0.2, 0.5, 0.8, 0.99]) {
            await isRefused(bytes.subarray(0, bytes.length * part), "p.jpg",
                            /cut off/);
        }
    });

    it("is refused when an end was put behind the cut", async () => {
        const bytes = readFileSync(whole);

        await isRefused(Buffer.concat([bytes.subarray(0, bytes.length / 2),
                                       Buffer.from("ffd9", "hex")]), "p.jpg",
                        /damaged or cut off/);
    });

    it("is refused in PNG", async () => {
        const bytes = readFileSync(at("plain.png"));

        await isRefused(bytes.subarray(0, bytes.length / 2), "p.png",
                        /cut off/);
    });

    it("is none when something stands behind its end", async () => {
        const [mark, text] = [Buffer.from("\n"), Buffer.from("from: a@b\r\n")];

        await isShown(Buffer.concat([readFileSync(at("plain.png")), mark]),
                      "a.png");
        await isShown(Buffer.concat([readFileSync(whole), text]), "b.jpg");
    });
});


it("a PNG is turned as its Exif part says", { timeout }, async () => {
    const exif = Buffer.from("4d4d002a00000008000101120003000000010006"
                             + "0000" + "00000000", "hex");
    const media = await bring(png(0, (ink) => [ink ? 0 : 255],
        { before: [["eXIf", exif]] }), "page.png");

    assert.equal(media.error, null);
    assert.deepEqual([media.width, media.height], [HEIGHT, WIDTH]);
});


it("a fax is shown as long as it was", { timeout }, async () => {
    await run("tiffset", ["-s", "282", "204", plain]);
    await run("tiffset", ["-s", "283", "98", plain]);
    const media = await bring(readFileSync(plain), "fax.tif");

    assert.equal(media.state, "ready");
    assert.equal(media.width, WIDTH);
    assert.equal(media.height, Math.round(HEIGHT * 204 / 98));
});


describe("a PDF with a page that cannot be drawn", { timeout }, () => {
    let media;

    before(async () => {
        const bytes = pdf({ pages: 3 }).toString("latin1");
        let page = 0;

        media = await bring(Buffer.from(bytes.replace(/595 842/g, (box) =>
            ++page === 2 ? "600 000" : box), "latin1"), "book.pdf");
    }, { timeout });

    it("is ready with the others", () => {
        assert.equal(media.error, null);
        assert.equal(media.state, "ready");
        assert.equal(media.pages, 3);
    });

    it("says which is missing, and why", () => {
        assert.deepEqual(media.score.missing, [{ page: 2, last: 2,
            error: "Page 2 of the PDF is damaged: it has no size." }]);
    });

    it("has a mark in its place", async () => {
        for (const [n, link] of media.links.pages.entries()) {
            assert.equal(await grey(link) < 240, n === 1, `page ${n + 1}`);
        }
    });
});
