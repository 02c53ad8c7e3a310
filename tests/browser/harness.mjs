/* A browser, signed-in pages, and things to upload. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { chromium } from "playwright-core";

import { startStack } from "../http/lib/stack.mjs";

const CHROMIUM = process.env.SLUICE_CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
];
const AXE = readFileSync(createRequire(import.meta.url)
    .resolve("axe-core/axe.min.js"), "utf8");
const TYPES = { ".mp4": "video/mp4", ".pdf": "application/pdf",
                ".png": "image/png", ".mp3": "audio/mpeg",
                ".mkv": "video/x-matroska" };
const LONGEST = 90_000;     /* ms for a small file to become ready */

export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1440, height: 900 };


/*
 * Starts the stack and a browser for the tests of one file; `hosts` are names
 * that this machine has in that browser, other options are the stack's. Answers
 * {stack, page(options), visitor(options), upload(path), close()}.
 */
export async function open({ hosts = [], ...options } = {}) {
    const stack = await startStack(options);
    const names = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",");
    const browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: [...ARGUMENTS, `--host-resolver-rules=${names}`],
    });
    const api = signIn(stack);
    let state = null;

    /* Someone who was never here before. */
    async function visitor({ size = DESK, ...options } = {}) {
        const context = await browser.newContext({
            baseURL: stack.url, viewport: size, locale: "en-GB",
            reducedMotion: "reduce", ...options,
        });
        return watch(await context.newPage());
    }

    /* Someone signed in; the session is shared by all pages of the file. */
    async function page(options = {}) {
        if (state === null) {
            const first = await visitor();
            await enter(first, stack);
            state = await first.context().storageState();
            await first.context().close();
        }
        return visitor({ storageState: state, ...options });
    }

    return {
        stack, visitor, page,
        upload: async (path) => upload(stack, await api, path),
        async close() {
            await browser.close();
            await stack.stop();
        },
    };
}


/* Signs in as people do; resolves in the library. */
export async function enter(page, stack, { stay = false } = {}) {
    await page.goto("/");
    await page.getByLabel("Email").fill(stack.email);
    await page.getByLabel("Password", { exact: true }).fill(stack.password);
    await page.getByLabel("Stay signed in").setChecked(stay);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Library" }).waitFor();
}


/*
 * The API's answers of media, changed before the page sees them; change(media)
 * alters each in place. For the first `times` answers that come to that path.
 */
export function pretend(page, path, times, change) {
    return page.route((url) => url.pathname === path, async (route) => {
        const answer = await route.fetch();
        const json = await answer.json();

        (json.items ?? [json]).forEach(change);
        await route.fulfill({ response: answer, json });
    }, { times });
}


/* A browser that has HLS of its own, and no Media Source for hls.js: answers
   whether this one can be one. */
export async function ownHls(page) {
    await page.addInitScript(() => {
        delete globalThis.MediaSource;
        delete globalThis.ManagedMediaSource;
    });
    await page.goto("/");
    return page.evaluate(() => document.createElement("video")
        .canPlayType("application/vnd.apple.mpegurl") !== "");
}


/* The path of a title's page, from what the API answers of it. */
export function place(media) {
    return `/${media.kind === "score" ? "read" : "watch"}/${media.id}`;
}


/* A folder for the files of a test; remove() takes it away. */
export function folder() {
    const path = mkdtempSync(join(tmpdir(), "sluice-browser-"));

    return {
        path,
        remove: () => rmSync(path, { recursive: true, force: true }),
    };
}


/* Moving bars and a tone, H.264 and AAC; bitrate in kbit/s. */
export function film(path, { seconds = 12, bitrate = 300 } = {}) {
    execFileSync("ffmpeg", [
        "-v", "error", "-y",
        "-f", "lavfi", "-i",
        `testsrc2=size=320x180:rate=25:duration=${seconds}`,
        "-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`,
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
        "-b:v", `${bitrate}k`, "-minrate", `${bitrate}k`,
        "-maxrate", `${bitrate}k`, "-bufsize", `${bitrate}k`,
        "-x264-params", "nal-hrd=cbr", "-g", "50",
        "-c:a", "aac", "-shortest", path,
    ]);
    return path;
}


/* Staves on A4 pages, as PDF 1.4 (ISO 32000-1, 7.5). */
export function score(pages) {
    const kids = Array.from({ length: pages }, (_, page) => 3 + 2 * page);
    const objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        `<< /Type /Pages /Count ${pages} /Kids [${
            kids.map((kid) => `${kid} 0 R`).join(" ")}] >>`,
    ];

    for (let page = 0; page < pages; page++) {
        const lines = [];
        for (let staff = 0; staff <= page; staff++) {
            for (let line = 0; line < 5; line++) {
                const y = 760 - 60 * staff - 8 * line;
                lines.push(`50 ${y} m 545 ${y} l S`);
            }
        }
        const drawing = lines.join("\n");
        objects.push(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            + `/Contents ${4 + 2 * page} 0 R /Resources << >> >>`,
            `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`);
    }

    let text = "%PDF-1.4\n";
    const offsets = objects.map((object, index) => {
        const offset = text.length;
        text += `${index + 1} 0 obj\n${object}\nendobj\n`;
        return offset;
    });
    const table = text.length;

    text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
    text += offsets.map((offset) => `${String(offset).padStart(10, "0")} `
                                    + "00000 n \n").join("");
    text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\n`
        + `startxref\n${table}\n%%EOF\n`;

    return Buffer.from(text, "latin1");
}


/* Notes on page.problems what must not be there when all goes well. */
function watch(page) {
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(String(error)));
    page.on("console", (message) => {
        if (message.type() === "error") {
            page.problems.push(message.text());
        }
    });
    return page;
}


async function signIn({ url, email, password }) {
    const answer = await fetch(`${url}/api/sessions`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ email, password }),
    });

    return { Authorization: `Bearer ${(await answer.json()).access_token}` };
}


/* Answers the media object when it is ready. */
async function upload({ url }, headers, path) {
    const name = basename(path);
    const answer = await fetch(
        `${url}/api/media?filename=${encodeURIComponent(name)}`, {
            method: "POST",
            headers: { ...headers, "Content-Type": TYPES[extname(name)] },
            body: readFileSync(path),
        });
    let media = await answer.json();
    const end = Date.now() + LONGEST;

    while (media.state === "processing") {
        if (Date.now() > end) {
            throw new Error(`${name} is still being processed`);
        }
        await pause(200);
        media = await (await fetch(`${url}/api/media/${media.id}`,
                                   { headers })).json();
    }
    if (media.state !== "ready") {
        throw new Error(`${name}: ${JSON.stringify(media)}`);
    }

    return media;
}


/* What axe objects to: rule and element. */
export async function complaints(page) {
    /* From outside: the page's own policy lets no such script in. */
    const { violations } = await page.evaluate(
        `${AXE}; axe.run(document, { resultTypes: ["violations"] })`);

    return violations.flatMap(({ id, nodes }) => nodes.map(
        (node) => `${id}: ${node.html} ${node.failureSummary}`));
}
