/* When a browser shows a flash and lets a beep be heard that lie together in the
   source. What ffmpeg says of the file is another thing: Media Source takes no
   empty edit list. */

import assert from "node:assert/strict";
import { join } from "node:path";

import { run } from "../http/lib/run.mjs";
import { after, before, describe, test } from "../http/lib/test.mjs";
import { folder, open, ownHls } from "./harness.mjs";

const AT = 3, LONG = 0.4, SECONDS = 6;      /* of flash and beep */
const APART = 0.05;     /* seconds: a picture, and how sound is heard of */
const RATE = 0.5, LOOKS = 5;

let house, files;

before(async () => {
    house = await open();
    files = folder();
});

after(async () => {
    files?.remove();
    await house?.close();
});


/* Black and silent but for flash and beep; words say how it is encoded. Each
   begins so many seconds later than the file. */
async function flashBeep(name, { rate = 25, late: [picture, sound] = [0, 0] },
                         ...words)
{
    const path = join(files.path, name), whole = join(files.path, `0-${name}`);
    const ffmpeg = (...all) => run("ffmpeg", ["-v", "error", "-nostdin", "-y",
                                              ...all]);
    const between = (late) => `between(t,${AT - late},${AT - late + LONG})`;

    await ffmpeg("-f", "lavfi", "-i",
        `color=black:size=128x72:rate=${rate}:duration=${SECONDS - picture},`
            + `drawbox=c=white:t=fill:enable='${between(picture)}'`,
        "-f", "lavfi", "-i",
        `aevalsrc='if(${between(sound)},sin(880*2*PI*t)*0.8,0)':s=48000:`
            + `d=${SECONDS - sound}`, ...words, whole);
    await ffmpeg("-itsoffset", String(picture), "-i", whole, "-itsoffset",
        String(sound), "-i", whole, "-map", "0:v", "-map", "1:a", "-c", "copy",
        path);
    return path;
}


/* {flash, beep}: seconds of the player's clock when each was there first. On a
   busy machine each may be noticed later than it is: so it plays slowly. */
function seen(page) {
    return page.locator("video").evaluate(async (video, [from, rate, until]) => {
        const context = new AudioContext();
        const ear = context.createScriptProcessor(256, 2, 1);
        const eye = new OffscreenCanvas(1, 1)
            .getContext("2d", { willReadFrequently: true });
        const found = { flash: null, beep: null };

        context.createMediaElementSource(video).connect(ear);
        ear.connect(context.destination);
        ear.onaudioprocess = ({ inputBuffer }) => {
            if (inputBuffer.getChannelData(0).some((x) => Math.abs(x) > 0.1)) {
                found.beep ??= video.currentTime;
            }
        };

        function look(now, { mediaTime }) {
            eye.drawImage(video, 0, 0, 1, 1);
            if (eye.getImageData(0, 0, 1, 1).data[0] > 150) {
                found.flash ??= mediaTime;
            }
            video.requestVideoFrameCallback(look);
        }

        video.currentTime = from;
        await new Promise((resolve) => {
            video.addEventListener("seeked", resolve, { once: true });
        });
        video.requestVideoFrameCallback(look);
        video.preservesPitch = false;
        video.playbackRate = rate;
        await video.play();
        await new Promise((resolve) => {
            const timer = setInterval(() => {
                if (Object.values(found).every(Number.isFinite)
                    || video.currentTime > until) {
                    clearInterval(timer);
                    resolve();
                }
            }, 50);
        });
        await context.close();
        return found;
    }, [AT - 0.6, RATE, AT + 2]);
}


/* The same of some looks, the earliest of each: until they lie together. */
async function seenAtLast(page) {
    const first = { flash: Infinity, beep: Infinity };

    for (let look = 0; look < LOOKS; look++) {
        if (look > 0) {
            await page.reload();
        }
        await page.waitForFunction(() => document.querySelector("video")
            ?.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA);
        const { flash, beep } = await seen(page);

        first.flash = Math.min(first.flash, flash ?? Infinity);
        first.beep = Math.min(first.beep, beep ?? Infinity);
        if (Math.abs(first.flash - first.beep) <= APART) {
            break;
        }
    }
    return first;
}


describe("a flash and a beep that lie together", () => {
    for (const [what, make] of [
        ["with B pictures", () => flashBeep("b.mp4", {}, "-c:v", "libx264",
            "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac")],
        ["where the picture begins later", () => flashBeep("picture.mp4",
            { late: [1.2, 0] }, "-c:v", "libx264", "-g", "50", "-pix_fmt",
            "yuv420p", "-c:a", "aac")],
        ["where the sound begins later", () => flashBeep("sound.mkv",
            { late: [0, 1.2] }, "-c:v", "libx264", "-g", "50", "-pix_fmt",
            "yuv420p", "-c:a", "aac")],
        ["of which both are encoded", () => flashBeep("both.webm",
            { late: [0, 1.2] }, "-c:v", "libvpx", "-deadline", "realtime",
            "-c:a", "libopus")],
        ["of five pictures a second", () => flashBeep("five.mkv", { rate: 5 },
            "-c:v", "mpeg4", "-c:a", "pcm_s16le")],
    ]) {
        test(`${what} are seen and heard together`, async () => {
            const { id } = await house.upload(await make());

            for (const own of [true, false]) {
                const page = await house.page();

                if (own && !await ownHls(page)) {
                    continue;
                }
                await page.goto(`/watch/${id}`);
                const { flash, beep } = await seenAtLast(page);

                assert.ok(Math.abs(flash - beep) <= APART,
                    `flash ${flash}, beep ${beep}, ${own ? "own" : "hls.js"}`);
                assert.ok(Math.abs(flash - AT) <= 0.3, `flash ${flash}`);
                await page.context().close();
            }
        });
    }
});
