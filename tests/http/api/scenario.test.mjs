/* A fresh user's whole way: sign in, bring a file, play it or read it. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync, truncateSync, writeFileSync }
    from "node:fs";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";

import { SANITIZED, request, until } from "../lib/client.mjs";
import { RATE, film, pdf, play, pngSize, probe, samplePdf, samplePng }
    from "../lib/files.mjs";
import { memory, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const GIB = 2 ** 30;
const FREE_HEADER = 8;          /* of a box: ISO/IEC 14496-12, 4.2 */
const timeout = 120_000;

let stack, viewer;

before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


/* Downloads what a signed URL of an answer names. */
async function fetched(url, headers = {}) {
    const answer = await request(url, { headers });

    assert.equal(answer.status, headers.Range ? 206 : 200,
        `${answer.status} for ${url}: ${answer.text.slice(0, 200)}`);
    return answer;
}


/* The [url, offset, length] triples of a playlist: RFC 8216, 4.3.2. */
function rangesOf(playlist, base) {
    const ranges = [];
    let waiting = null;

    for (const line of playlist.split("\n")) {
        const map = /^#EXT-X-MAP:.*URI="([^"]+)".*BYTERANGE="(\d+)@(\d+)"/
            .exec(line);
        const range = /^#EXT-X-BYTERANGE:(\d+)@(\d+)/.exec(line);

        if (map) {
            ranges.push([base + map[1], Number(map[3]), Number(map[2])]);
        } else if (range) {
            waiting = [Number(range[2]), Number(range[1])];
        } else if (line && !line.startsWith("#")) {
            ranges.push([base + line, ...waiting]);
        }
    }
    return ranges;
}

const folderOf = (url) => url.slice(0, url.lastIndexOf("/") + 1);
const near = (actual, expected, most) => assert.ok(
    Math.abs(actual - expected) <= most,
    `${actual} is not within ${most} of ${expected}`);


describe("a film in H.264 and AAC", { timeout }, () => {
    const seconds = 20;
    let path, media;

    before(async () => {
        path = await film(join(stack.folder, "film.mp4"), { seconds });
        media = await viewer.bring(readFileSync(path), "Film of mine.mp4");
    });

    it("is answered with its media object and job at once", () => {
        assert.equal(media.kind, "video");
        assert.equal(media.state, "processing");
        assert.equal(media.title, "Film of mine");
        assert.equal(media.bytes, statSync(path).size);
        assert.match(media.job.id, /^[0-9a-f-]{36}$/);
        assert.match(media.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    });

    it("becomes ready with duration, size and streams", async () => {
        media = await viewer.ready(media.id);
        near(media.duration, seconds, 0.1);
        assert.deepEqual([media.width, media.height], [320, 180]);
        assert.deepEqual(media.streams.map((stream) => stream.codec).sort(),
            ["aac", "h264"]);
    });

    it("plays from the signed playlist with every frame and no error",
        async () => {
            const { frames, errors } = await play(media.links.play);
            assert.equal(errors, "");
            assert.equal(frames, seconds * RATE);
        });

    it("lasts as long in the playlist as in the file", async () => {
        const { format } = await probe(media.links.play);
        near(Number(format.duration), seconds, 0.1);
    });

    it("carries the grant in the path, so that players need nothing else",
        () => {
            assert.match(media.links.play,
                new RegExp(`^${stack.url}/~[\\w-]+\\.[\\w-]+\\.[\\w-]+/media/`
                           + `${media.id.slice(-2)}/${media.id}/hls/`));
        });

    it("answers each byte range of its playlist with 206 and the right bytes",
        async () => {
            const base = folderOf(media.links.play);
            const master = (await fetched(media.links.play)).text;
            const [name] = master.split("\n")
                .filter((line) => line && !line.startsWith("#"));
            const playlist = (await fetched(base + name)).text;
            const ranges = rangesOf(playlist, folderOf(base + name));

            assert.ok(ranges.length >= 3, playlist);
            for (const [url, offset, length] of ranges) {
                const answer = await fetched(url, {
                    Range: `bytes=${offset}-${offset + length - 1}`,
                });
                assert.equal(answer.status, 206);
                assert.equal(answer.body.length, length);
                assert.match(answer.headers["content-range"],
                    new RegExp(`^bytes ${offset}-${offset + length - 1}/`));
            }
        });

    it("names bandwidth, codecs and resolution in the master playlist",
        async () => {
            const master = (await fetched(media.links.play)).text;
            assert.match(master, /#EXT-X-STREAM-INF:.*BANDWIDTH=\d+/);
            assert.match(master, /CODECS="avc1\.[0-9a-fA-F]{6},mp4a\.40\.2"/);
            assert.match(master, /RESOLUTION=320x180/);
        });

    it("has a poster, a JPEG of the film's proportions", async () => {
        const { links } = await until("the poster is there", async () => {
            const now = await viewer.media(media.id);

            return now.links.poster && now;     /* a film plays before that */
        });
        const poster = await fetched(links.poster);
        const copy = join(stack.folder, "poster.jpg");

        assert.equal(poster.headers["content-type"], "image/jpeg");
        writeFileSync(copy, poster.body);
        const { streams: [picture] } = await probe(copy);
        assert.equal(picture.codec_name, "mjpeg");
        near(picture.width / picture.height, 320 / 180, 0.02);
    });

    it("gives the original back byte for byte", async () => {
        const original = await fetched(media.links.original);
        assert.ok(original.body.equals(readFileSync(path)));
    });

    it("ends with a job that is done", async () => {
        const { json: job } = await viewer.get(`/api/jobs/${media.job.id}`);
        assert.equal(job.state, "done");
        assert.equal(job.error, null);
        assert.equal(job.progress, 100);
    });
});


it("a film in VP9 and Opus is encoded and plays", { timeout }, async () => {
    const seconds = 6;
    const path = await film(join(stack.folder, "film.webm"), {
        seconds, video: "libvpx-vp9", audio: "libopus",
    });
    const { id } = await viewer.bring(readFileSync(path), "film.webm");
    const media = await viewer.ready(id);
    const { frames, errors } = await play(media.links.play);
    const { streams } = await probe(media.links.play);

    assert.equal(errors, "");
    assert.equal(frames, seconds * RATE);
    near(media.duration, seconds, 0.1);
    assert.deepEqual([...new Set(streams.map((stream) => stream.codec_name))]
        .sort(), ["aac", "h264", "vp9"]);
});


it("a recording without a picture plays as audio", { timeout }, async () => {
    const path = await film(join(stack.folder, "silent-film.mp4"));
    const tone = join(stack.folder, "tone.m4a");

    execFileSync("ffmpeg", ["-v", "error", "-y", "-i", path, "-vn", "-c:a",
                            "copy", tone]);
    const { id } = await viewer.bring(readFileSync(tone), "tone.m4a");
    const media = await viewer.ready(id);

    assert.equal(media.kind, "audio");
    assert.equal((await play(media.links.play)).errors, "");
});


it("a score in PDF becomes pages and thumbnails of its proportions",
    { timeout }, async () => {
        const { id, kind } = await viewer.bring(samplePdf(), "Partition.pdf");
        const media = await viewer.ready(id);

        assert.equal(kind, "score");
        assert.equal(media.pages, 2);
        assert.equal(media.links.pages.length, 2);

        for (const url of media.links.pages) {
            const thumb = url.replace(/(\d{4})\.png/, "$1.thumb.png");
            const page = pngSize((await fetched(url)).body);
            const small = pngSize((await fetched(thumb)).body);

            /* A4 */
            near(page.height / page.width, 841.89 / 595.28, 0.015);
            near(small.height / small.width, 841.89 / 595.28, 0.03);
            assert.ok(small.height < page.height);
        }
    });


it("a score in landscape keeps its proportions", { timeout }, async () => {
    const file = pdf({ pages: 1, width: 842, height: 595 });
    const { id } = await viewer.bring(file, "wide.pdf");
    const media = await viewer.ready(id);
    const page = pngSize((await fetched(media.links.pages[0])).body);

    near(page.width / page.height, 842 / 595, 0.015);
});


it("a score as a picture becomes one page of its proportions", { timeout },
    async () => {
        const picture = await samplePng(stack.folder);
        const size = pngSize(picture);
        const { id, kind } = await viewer.bring(picture, "page.png");
        const media = await viewer.ready(id);
        const page = pngSize((await fetched(media.links.pages[0])).body);

        assert.equal(kind, "score");
        assert.equal(media.pages, 1);
        near(page.width / page.height, size.width / size.height, 0.01);
    });


it("a PDF that calls itself .mp4 is taken for the score it is", { timeout },
    async () => {
        const { id } = await viewer.bring(pdf(), "not-a-film.mp4");
        const media = await viewer.ready(id);

        assert.equal(media.kind, "score");
        assert.equal(media.pages, 1);
    });


describe("a film of 2 GiB", { timeout: 2 * timeout }, () => {
    /* each byte goes through the sanitizers; there a part will do */
    const size = SANITIZED ? GIB / 8 : 2 * GIB;
    let path, media, sha256, growth;

    before(async () => {
        path = await film(join(stack.folder, "large.mp4"));
        const length = statSync(path).size;
        const header = Buffer.alloc(FREE_HEADER);

        header.writeUInt32BE(size - length, 0);
        header.write("free", 4);
        writeFileSync(path, header, { flag: "a" });
        truncateSync(path, size);

        const hash = createHash("sha256");
        const counted = new Transform({
            transform(part, _, done) { hash.update(part); done(null, part); },
        });
        const peaks = () => new Map(stack.workers().map(
            (pid) => [pid, memory(pid, "VmHWM")]));
        const earlier = peaks();

        createReadStream(path, { highWaterMark: 1 << 20 }).pipe(counted);
        media = await viewer.bring(counted, "large.mp4",
            { headers: { "Content-Length": size } });
        sha256 = hash.digest("hex");
        growth = Math.max(...[...peaks()].map(
            ([pid, peak]) => peak - earlier.get(pid)));
    }, { timeout: 2 * timeout });

    it("is answered with its size and SHA-256", () => {
        assert.equal(media.bytes, size);
        assert.equal(media.sha256, sha256);
    });

    it("does not make nginx grow",
        { skip: SANITIZED && "sanitizers keep freed memory" }, () => {
            assert.ok(growth < 16 * 2 ** 20, `grew by ${growth} bytes`);
        });

    it("becomes ready and gives its last bytes", async () => {
        media = await viewer.ready(media.id);
        const answer = await fetched(media.links.original,
            { Range: `bytes=${size - 10}-` });

        assert.equal(answer.status, 206);
        assert.equal(answer.headers["content-range"],
            `bytes ${size - 10}-${size - 1}/${size}`);
    });
});


it("a film sent in chunks without Content-Length is taken whole", { timeout },
    async () => {
        const bytes = readFileSync(await film(join(stack.folder, "part.mp4")));
        const pieces = [];

        for (let at = 0; at < bytes.length; at += 10_007) {
            pieces.push(bytes.subarray(at, at + 10_007));
        }

        const media = await viewer.bring(Readable.from(pieces), "part.mp4",
            { headers: { "Transfer-Encoding": "chunked" } });

        assert.equal(media.bytes, bytes.length);
        assert.equal(media.sha256,
            createHash("sha256").update(bytes).digest("hex"));
        await viewer.ready(media.id);
    });
