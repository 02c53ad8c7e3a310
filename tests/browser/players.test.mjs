/* Players that others make, on a page of another origin: hls.js, Shaka Player by
   HLS and by DASH, video.js. Each plays a whole film, seeks about and switches;
   what they ask for is looked at, and what they show. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { AAC, finished, H264, made, picture, published,
         sound } from "../http/lib/films.mjs";
import { TOP } from "../http/lib/stack.mjs";
import { after, before, describe, it } from "../http/lib/test.mjs";
import { folder, open } from "./harness.mjs";

const timeout = 240_000;
const SECONDS = 12, RATE = 25;
const SEEKS = 20, NEAR = 2 / RATE;   /* Chromium may show the one before */
const PATIENCE = 10_000;            /* ms */
const MORE = 1.15;                  /* of what the renditions take */

const LIBRARIES = {
    "hls.js": "build/hls/node_modules/hls.js/dist/hls.min.js",
    "shaka.js": "tests/node_modules/shaka-player/dist/"
        + "shaka-player.compiled.js",
    "video.js": "tests/node_modules/video.js/dist/video.min.js",
};

/* Each, with the same words: load(url), pictures() and picture(height), sounds()
   and sound(language), text(language). Runs in the page. */
const PLAYERS = `
    const video = document.querySelector("video");

    const cues = (tracks) => tracks.reduce((sum, track) =>
        sum + (track.cues?.length ?? 0), 0);

    globalThis.failures = [];
    globalThis.players = {
        hls: () => {
            const hls = new Hls({ startLevel: -1 });

            hls.on(Hls.Events.ERROR, (_, { details, fatal }) =>
                (fatal || !/stall|nudge/i.test(details))
                    && failures.push(details));
            return {
                load: (url) => new Promise((done) => {
                    hls.on(Hls.Events.MANIFEST_PARSED, done);
                    hls.loadSource(url);
                    hls.attachMedia(video);
                }),
                pictures: () => hls.levels.map(({ height }) => height),
                picture(height) {
                    const level = hls.levels.findIndex((one) =>
                        one.height === height);

                    if (level !== hls.loadLevel) {
                        hls.nextLevel = level;      /* drops what is there */
                    }
                },
                sounds: () => hls.audioTracks.map(({ lang }) => lang),
                sound: (language) => hls.audioTrack = hls.audioTracks
                    .findIndex(({ lang }) => lang === language),
                text: (language) => {
                    hls.subtitleTrack = hls.subtitleTracks
                        .findIndex(({ lang }) => lang === language);
                    hls.subtitleDisplay = true;
                },
                cues: () => cues([...video.textTracks]),
            };
        },
        shaka: () => {
            shaka.polyfill.installAll();
            const player = new shaka.Player();

            player.addEventListener("error", ({ detail }) =>
                failures.push(detail.code));
            return {
                async load(url) {
                    await player.attach(video);
                    player.configure({ abr: { enabled: false } });
                    await player.load(url);
                },
                pictures: () => player.getVideoTracks()
                    .map(({ height }) => height),
                picture: (height) => player.selectVideoTrack(player
                    .getVideoTracks().find((track) => track.height === height),
                true),
                sounds: () => player.getAudioTracks()
                    .map(({ language }) => language),
                sound: (language) => player.selectAudioTrack(player
                    .getAudioTracks().find((track) =>
                        track.language === language)),
                text: (language) => player.selectTextTrack(player
                    .getTextTracks().find((track) =>
                        track.language === language)),
                cues: () => cues([...video.textTracks]),
            };
        },
        videojs: () => {
            const player = videojs(video, { html5: { vhs: {
                overrideNative: true } } });
            const list = (of) => Array.from({ length: of.length },
                                            (_, n) => of[n]);
            const levels = () => player.tech(true).vhs.representations();

            player.on("error", () => failures.push(player.error().message));
            return {
                load: (url) => new Promise((done) => {
                    player.src({ src: url, type: "application/x-mpegURL" });
                    player.one("loadedmetadata", done);
                }),
                pictures: () => levels().map(({ height }) => height),
                picture: (height) => levels().forEach((level) =>
                    level.enabled(level.height === height)),
                sounds: () => list(player.audioTracks())
                    .map(({ language }) => language),
                sound: (language) => list(player.audioTracks())
                    .find((track) => track.language === language)
                    .enabled = true,
                text: (language) => list(player.textTracks())
                    .find((track) => track.language === language)
                    .mode = "showing",
                cues: () => cues(list(player.textTracks())),
            };
        },
    };
    globalThis.video = () => document.querySelector("video");
`;

let house, files, media, tracks, page, asked;


/* Two pictures, two sounds and a text. */
async function source() {
    const text = join(files.path, "text.srt");

    writeFileSync(text, Array.from({ length: SECONDS / 2 }, (_, n) =>
        `${n + 1}\n00:00:${String(2 * n).padStart(2, "0")},200 --> `
        + `00:00:${String(2 * n + 1).padStart(2, "0")},800\nLine ${n + 1}\n`)
        .join("\n"));
    return made(files.path, "two.mkv",
        ...picture(SECONDS, { size: "640x360", rate: RATE }),
        ...sound(SECONDS), ...sound(SECONDS, 660), "-i", text,
        "-map", "0", "-map", "1", "-map", "2", "-map", "3",
        ...H264, "-bf", "2", "-g", "50", ...AAC, "-c:s", "srt",
        "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra",
        "-metadata:s:s:0", "language=eng");
}


before(async () => {
    house = await open({
        hosts: ["media.test", "app.test"],
        extra: (state, port) => `
            sluice_public_url http://media.test:${port};
            sluice_cors http://app.test:${port};
            location /player/ { alias ${state}/player/; }`,
    });
    files = folder();

    const { port } = house.stack;
    const pages = house.stack.path("player");

    mkdirSync(pages);
    for (const [name, path] of Object.entries(LIBRARIES)) {
        copyFileSync(join(TOP, path), join(pages, name));
    }
    writeFileSync(join(pages, "players.js"), PLAYERS);
    writeFileSync(join(pages, "index.html"), "<!doctype html>"
        + Object.keys(LIBRARIES).map((name) => `<script src=${name}></script>`)
            .join("")
        + "<video muted playsinline></video><script src=players.js></script>");

    const client = await house.stack.visitor("viewer");
    const { id } = await house.upload(await source());

    media = await finished(house.stack, client, id);
    ({ tracks } = published(house.stack, id));

    page = await house.visitor();
    page.on("response", (answer) => asked.push({
        path: new URL(answer.url()).pathname.replace(/^.*\//, ""),
        range: answer.request().headers().range, status: answer.status(),
        bytes: Number(answer.headers()["content-length"] ?? 0),
    }));
    page.on("requestfailed", (request) => {
        const { errorText } = request.failure();

        if (errorText !== "net::ERR_ABORTED") {
            asked.push({ path: request.url(), failed: errorText });
        }
    });
}, { timeout });

after(async () => {
    files?.remove();
    await house?.close();
}, { timeout });


/* The player, with the film of its kind of playlist. */
async function loaded(player, form) {
    asked = [];
    await page.goto(`http://app.test:${house.stack.port}/player/index.html`);
    await page.evaluate(async ([name, url]) => {
        globalThis.player = globalThis.players[name]();
        await globalThis.player.load(url);
    }, [player, form(media.links)]);
    await page.waitForFunction(() => globalThis.video().readyState
        >= HTMLMediaElement.HAVE_CURRENT_DATA);
}


/* Plays on to there, or to the end. */
function played(to, rate = 1) {
    return page.evaluate(async ([end, speed]) => {
        const video = globalThis.video();

        video.playbackRate = speed;
        await video.play();
        await new Promise((done) => {
            const timer = setInterval(() => {
                if (video.ended || (end !== null && video.currentTime >= end)) {
                    clearInterval(timer);
                    done();
                }
            }, 20);
        });
        if (end !== null) {
            video.pause();
        }
    }, [to, rate]);
}


/* The time of the picture that is shown when that place was sought: of the right
   one, which a busy machine shows a little later; or of whatever it stays at. */
function sought(to) {
    return page.evaluate(async ([at, near, patience]) => {
        const video = globalThis.video();
        const end = performance.now() + patience;

        await new Promise((done) => {
            video.addEventListener("seeked", done, { once: true });
            video.currentTime = at;
        });

        for (;;) {
            const picture = new VideoFrame(video);
            const shown = picture.timestamp / 1e6;      /* of microseconds */

            picture.close();
            if ((shown <= at && shown > at - near) || performance.now() > end) {
                return shown;
            }
            await new Promise((done) => { setTimeout(done, 10); });
        }
    }, [to, NEAR, PATIENCE]);
}


/* What must not be among the answers: sentences. */
function wrong() {
    return asked.flatMap(({ path, range, status, failed }) =>
        failed ? [`${path}: ${failed}`]
            : status >= 400 ? [`${path}: ${status}`]
                : range && status !== 206 ? [`${path} ${range}: ${status}`]
                    : []);
}

const size = (name) => statSync(tracks[name].file).size;
const fetched = (name) => asked.filter(({ path }) => path === `${name}.mp4`)
    .reduce((sum, { bytes }) => sum + bytes, 0);


describe("a player of another origin", { timeout }, () => {
    for (const [name, player, form] of [
        ["hls.js", "hls", ({ play }) => play],
        ["Shaka Player by HLS", "shaka", ({ play }) => play],
        ["Shaka Player by DASH", "shaka", ({ dash }) => dash],
        ["video.js", "videojs", ({ play }) => play],
    ]) {
        it(`${name}: plays all of it, and takes no more`, async () => {
            await loaded(player, form);
            assert.deepEqual((await page.evaluate(() =>
                globalThis.player.pictures())).sort(), [240, 360]);

            await page.evaluate(() => globalThis.player.picture(360));
            await played(null);

            const { ranges, duration, pictures, failures } = await page
                .evaluate(() => ({
                    ranges: globalThis.video().buffered.length,
                    duration: globalThis.video().duration,
                    pictures: globalThis.video().getVideoPlaybackQuality()
                        .totalVideoFrames,
                    failures: globalThis.failures,
                }));

            assert.deepEqual(wrong(), []);
            assert.deepEqual(failures, []);
            assert.equal(ranges, 1);
            assert.ok(pictures >= SECONDS * RATE, `${pictures} pictures`);
            for (const track of ["v360", "a1"]) {
                assert.ok(fetched(track) <= MORE * size(track),
                          `${track}: ${fetched(track)} of ${size(track)}`);
            }
            assert.ok(Math.abs(duration - SECONDS) < 0.1, `${duration} s`);
        });

        it(`${name}: finds each of ${SEEKS} places`, async () => {
            await loaded(player, form);
            for (let n = 0; n < SEEKS; n++) {
                const to = (n * 7.3 + 0.51) % (SECONDS - 0.5);
                const at = await sought(to);

                assert.ok(at <= to && at > to - NEAR, `${to}: ${at}`);
            }
            assert.deepEqual(wrong(), []);
            assert.deepEqual(await page.evaluate(() => globalThis.failures),
                             []);
        });

        it(`${name}: switches picture, sound and text`, async () => {
            await loaded(player, form);
            await page.evaluate(() => globalThis.player.picture(240));
            await played(1);
            assert.deepEqual((await page.evaluate(() =>
                globalThis.player.sounds())).sort(), ["en", "fr"]);
            await page.evaluate(() => {
                globalThis.player.picture(360);
                globalThis.player.sound("fr");
                globalThis.player.text("en");
            });
            await played(6);
            assert.ok(await page.evaluate(() => globalThis.player.cues()) > 2);
            assert.equal(await page.evaluate(() =>
                globalThis.video().videoHeight), 360);
            assert.ok(fetched("a2") > 0);
            assert.deepEqual(wrong(), []);
            assert.deepEqual(await page.evaluate(() => globalThis.failures),
                             []);
        });
    }
});
