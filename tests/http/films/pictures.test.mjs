/* The pictures of a film: its poster, and the small ones for the seek bar. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { maker, picture, sound, AAC, H264 } from "../lib/films.mjs";
import { run } from "../lib/run.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;
const KEYS = ["-g", "25", "-keyint_min", "25", "-sc_threshold", "0"];

let stack, client, films;

before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
    films = maker(stack, client);
}, { timeout });

after(() => stack?.stop(), { timeout });


/* The mean of each of red, green and blue of a picture, or of a part of it. */
async function colour(path, filter = "null") {
    const { stdout } = await run("ffmpeg", ["-v", "error", "-i", path, "-vf",
        `${filter},scale=1:1:flags=area,format=rgb24`, "-frames:v", "1", "-f",
        "rawvideo", "pipe:1"], { encoding: "buffer" });

    return [...stdout];
}

async function size(path) {
    const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries",
        "stream=width,height", "-of", "csv=p=0", path]);

    return stdout.trim();
}

const colours = (names, seconds = 2) => names.flatMap((name) => ["-f", "lavfi",
    "-i", `color=${name}:size=320x180:rate=25:duration=${seconds}`]);
const concat = (many) => ["-filter_complex",
    `${Array.from({ length: many }, (_, i) => `[${i}:v]`).join("")}`
        + `concat=n=${many}`];


describe("a poster", { timeout }, () => {
    it("is of the scene, not of what is black, white, blurred or a title",
        async () => {
            const scene = "mandelbrot=size=320x180:rate=25,trim=duration=6";
            const media = await films.taken(await films.made("scenes.mp4",
                "-f", "lavfi", "-i", "color=black:size=320x180:rate=25:"
                    + "duration=6,drawbox=100:70:120:20:white:fill",
                "-f", "lavfi", "-i",
                "testsrc2=size=320x180:rate=25:duration=6,boxblur=30:5",
                "-f", "lavfi", "-i", `${scene},hue=h=0,format=yuv420p,`
                    + "colorize=hue=120:saturation=0.8,format=yuv420p",
                "-f", "lavfi", "-i",
                "color=white:size=320x180:rate=25:duration=6",
                ...concat(4), ...H264, ...KEYS));
            const [red, green] = await colour(films.folder(media.id,
                "poster.jpg"));

            assert.ok(green > red + 30, `${red} ${green}`);
        });

    it("is there even of a film that shows nothing", async () => {
        const media = await films.taken(await films.made("black.mp4",
            ...colours(["black"]), ...H264));

        assert.match(media.links.poster, /poster\.jpg/);
    });

    it("is of the second that its owner chooses, under a name of its own",
        async () => {
            const media = await films.taken(await films.made("three.mp4",
                ...colours(["red", "green", "blue"]), ...concat(3), ...H264,
                "-g", "150", "-sc_threshold", "0"));
            const choose = (at) => client.request("PATCH",
                `/api/media/${media.id}`, { json: { poster_at: at } });
            const shown = async () => (await client.media(media.id)).links
                .poster.match(/poster[^?]*/)[0];
            const first = await shown();

            for (const [at, strong] of [[3, 1], [5.9, 2], [0, 0]]) {
                const answer = await choose(at);

                assert.equal(answer.status, 200, answer.text);
                assert.equal(answer.json.poster_at, at);
                await films.idle(media.id);

                const rgb = await colour(films.folder(media.id,
                    await shown()));

                assert.equal(rgb.indexOf(Math.max(...rgb)), strong, `${rgb}`);
            }

            assert.equal(first, "poster.jpg");
            assert.equal(await shown(), "poster-3.jpg");
            assert.ok(!existsSync(films.folder(media.id, "poster-1.jpg")));
            assert.ok(existsSync(films.folder(media.id, "poster-2.jpg")));

            /* the same again makes no other */
            await choose(0);
            await films.idle(media.id);
            assert.equal(await shown(), "poster-3.jpg");

            /* and back to what is best */
            await choose(null);
            await films.idle(media.id);
            assert.equal(await shown(), "poster-4.jpg");
        });

    it("is of a second that there is", async () => {
        const media = await films.taken(await films.made("short.mp4",
            ...picture(2), ...H264));

        for (const at of [-1, 2.5, "1", true, [1], 1e300]) {
            const answer = await client.request("PATCH",
                `/api/media/${media.id}`, { json: { poster_at: at } });

            assert.equal(answer.status, 422, `${at}: ${answer.text}`);
            assert.equal(answer.json.field, "poster_at");
        }
    });

    it("is of no recording", async () => {
        const media = await films.taken(await films.made("sound.mp3",
            ...sound(1)));
        const answer = await client.request("PATCH", `/api/media/${media.id}`,
            { json: { poster_at: 0 } });

        assert.equal(answer.status, 409);
    });

    it("that was asked for last is shown, whichever comes last", async () => {
        const said = await stack.sql("select queue.join_beside("
            + "'{\"poster\": \"poster-10.jpg\"}', "
            + "'{\"poster\": \"poster-9.jpg\", \"cover\": \"c\"}')");

        assert.deepEqual(JSON.parse(said),
            { poster: "poster-10.jpg", cover: "c" });
    });
});


/* The tiles of a film's storyboard, as its link leads there:
   [{from, to, sheet, x, y, w, h}]; and what its sheets are. */
async function storyboard(media) {
    const { text, status } = await request(media.links.storyboard);
    const seconds = (at) => at.split(":").reduce((sum, part) =>
        sum * 60 + Number(part), 0);

    assert.equal(status, 200);
    assert.ok(text.startsWith("WEBVTT\n\n"));

    const tiles = [...text.matchAll(
        /(\S+) --> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)\n/g)]
        .map(([, from, to, sheet, ...numbers]) => ({
            from: seconds(from), to: seconds(to), sheet,
            box: numbers.map(Number),
        }));

    for (const sheet of new Set(tiles.map((tile) => tile.sheet))) {
        const answer = await request(new URL(sheet, media.links.storyboard));

        assert.equal(answer.status, 200);
        assert.equal(answer.headers["content-type"], "image/jpeg");
    }
    return tiles;
}


describe("a storyboard", { timeout }, () => {
    it("shows each second of the film", async () => {
        const media = await films.taken(await films.made("colours.mp4",
            ...colours(["red", "lime", "blue", "white"], 10), ...concat(4),
            ...H264, "-g", "50", ...KEYS.slice(4)));
        const tiles = await storyboard(media);
        const sheet = films.folder(media.id, "storyboard", "sheet-1.jpg");

        assert.equal(tiles.length, 20);
        assert.equal(tiles[0].from, 0);
        assert.equal(tiles.at(-1).to, media.duration);
        tiles.slice(1).forEach((tile, i) =>
            assert.equal(tile.from, tiles[i].to));
        assert.equal(await size(sheet), "1600,180");

        for (const [second, expected] of [[1, [254, 0, 0]], [19, [0, 255, 1]],
                                          [25, [0, 0, 254]]]) {
            const { box: [x, y, w, h] } = tiles.find((tile) =>
                tile.from <= second && second < tile.to);
            const rgb = await colour(sheet, `crop=${w}:${h}:${x}:${y}`);

            rgb.forEach((value, i) => assert.ok(
                Math.abs(value - expected[i]) < 20, `${second}: ${rgb}`));
        }
    });

    it("has at most 200 tiles, on sheets of 10 by 10", async () => {
        const media = await films.taken(await films.made("long.mp4",
            ...picture(700, { size: "64x36", rate: 2 }), ...H264, "-g", "2"));
        const tiles = await storyboard(media);

        assert.ok(tiles.length <= 200 && tiles.length >= 190, tiles.length);
        assert.deepEqual(readdirSync(films.folder(media.id, "storyboard"))
            .sort(), ["sheet-1.jpg", "sheet-2.jpg", "storyboard.vtt"]);
    });

    it("stands as the film stands", async () => {
        const media = await films.taken(await films.made("turned.mp4", "-i",
            await films.made("lying.mp4", ...picture(4), ...H264), "-c", "copy",
            "-metadata:s:v", "rotate=90"));
        const [{ box }] = await storyboard(media);

        assert.deepEqual(box, [0, 0, 160, 284]);
    });

    it("is also of a film with one key frame", async () => {
        const media = await films.taken(await films.made("one.mp4",
            ...picture(30, { rate: 10 }), ...sound(30), ...H264, ...AAC,
            "-g", "9999", "-sc_threshold", "0"));

        assert.ok((await storyboard(media)).length > 10);
    });

    it("takes no part in whether a film is ready", async () => {
        const { id } = await client.bring(readFileSync(await films.made(
            "ready.mp4", ...picture(3), ...H264)), "ready.mp4");

        await client.ready(id);
        await stack.sql("update sluice.jobs set state = 'dead' where media = "
            + `'${id}' and kind = 'storyboard'`);

        const media = await client.media(id);

        assert.equal(media.state, "ready");
        assert.notEqual(media.job.kind, "storyboard");
    });
});
