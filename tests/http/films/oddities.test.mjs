/* Films that are not as films usually are: what comes out plays as the source
   does. What a browser shows of it is in tests/browser/films.test.mjs. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { boxes, find } from "../lib/boxes.mjs";
import { AAC, faults, finished, H264, jobsOf, made as makeFilm, picture,
         piped as pipeFilm, published, sound } from "../lib/films.mjs";
import { run } from "../lib/run.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let stack, client;

before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


let count = 0;

const made = (name, ...words) =>
    makeFilm(stack.folder, `${++count}-${name}`, ...words);
const piped = (name, format, ...words) =>
    pipeFilm(stack.folder, `${++count}-${name}`, format, ...words);


/* What came of it: {media, plan: {name: why, or "copied"}, file, streams,
   poster, …published}. Streams are those of the largest picture, and of the
   first sound. */
async function taken(path) {
    const { id } = await client.bring(readFileSync(path),
        path.slice(path.lastIndexOf("/") + 1));
    const media = await finished(stack, client, id);
    const jobs = await jobsOf(stack, id);
    const out = published(stack, id);
    const streams = {};

    assert.deepEqual(await faults(stack, id), []);

    for (const { file } of [out.highest, out.sound].filter(Boolean)) {
        const { stdout } = await run("ffprobe", ["-v", "error",
            "-count_frames", "-show_entries", "stream=codec_type,"
                + "nb_read_frames,field_order,color_space,color_transfer",
            "-of", "json", file]);
        const [stream] = JSON.parse(stdout).streams;

        streams[stream.codec_type] = stream;
    }

    return {
        media, ...out, ...out.highest, streams, poster: jobs.poster?.state,
        plan: Object.fromEntries(jobs.package.result.plan
            .map(({ name, how, why }) => [name, why ?? how])),
    };
}

const near = (value, expected, tolerance = 0.06) => assert.ok(
    Math.abs(value - expected) <= tolerance, `${value}, not ${expected}`);


/* The seconds after which it is no longer black, or silent. */
async function over(file, ...filter) {
    const { stderr } = await run("ffmpeg", ["-nostdin", "-i", file, ...filter,
        "-f", "null", "-"]);

    return Number(/_end: ?([\d.]+)/.exec(stderr)?.[1] ?? 0);
}


describe("sound and picture", { timeout }, () => {
    for (const [what, first, second] of [
        ["the picture begins later", "0.52", "0"],
        ["the sound begins later", "0", "0.52"],
    ]) {
        it(`keep their distance where ${what}: without an empty edit`,
            async () => {
                const both = await made("both.mp4", ...picture(8), ...sound(8),
                    ...H264, "-bf", "3", "-g", "50", ...AAC);
                const one = await taken(await made("apart.mp4", "-itsoffset",
                    first, "-i", both, "-itsoffset", second, "-i", both,
                    "-map", "0:v", "-map", "1:a", "-c", "copy"));
                const files = [one.file, one.sound.file];
                const { stdout } = await run("ffprobe", ["-v", "error",
                    "-show_entries", "packet=pts_time", "-of", "csv=p=0",
                    one.file]);
                const [begin, next] = stdout.trim().split("\n").map(Number)
                    .sort((x, y) => x - y);
                const { stderr } = await run("ffmpeg", ["-i", one.sound.file,
                    "-af", "silencedetect=n=-50dB:d=0.1", "-f", "null", "-"]);
                const silent = /silence_end: ([\d.]+)/.exec(stderr)?.[1] ?? 0;

                assert.ok(files.every((file) => !find(boxes(
                    readFileSync(file)), "moov/trak/edts")));
                assert.equal(one.plan.v180, "copied");
                assert.equal(begin, 0);
                near(next, Number(first) + 0.04, 0.001);
                near(Number(silent), second, 0.03);
                near(one.media.duration, 8.52);
                near(one.segments.reduce((sum, s) => sum + s), 8.52);
            });
    }

    it("keep it in each quality where the clock begins far away", async () => {
        const both = await made("flash.mkv", "-f", "lavfi", "-i",
            "color=black:size=640x360:rate=25:duration=5,drawbox=c=white:t=fill:"
                + "enable='between(t,1,1.4)'", "-f", "lavfi", "-i",
            "aevalsrc='if(between(t,2,2.4),sin(880*2*PI*t)*0.8,0)':s=48000:d=5",
            "-c:v", "mpeg2video", "-q:v", "4", "-c:a", "mp2");
        const one = await taken(await made("far.ts", "-itsoffset", "1", "-i",
            both, "-i", both, "-map", "0:v", "-map", "1:a", "-c", "copy",
            "-output_ts_offset", "50000"));
        const { v360, v240, a1 } = one.tracks;

        near(await over(v360.file, "-vf", "blackdetect=d=0.2:pic_th=0.9"), 2);
        near(await over(v240.file, "-vf", "blackdetect=d=0.2:pic_th=0.9"), 2);
        near(await over(a1.file, "-af", "silencedetect=n=-50dB:d=0.1"), 2);
    });

    it("last as long as the longer one, whose picture stays", async () => {
        const one = await taken(await made("long.mp4", ...picture(2),
            ...sound(13), ...H264, ...AAC));

        near(one.media.duration, 13);
        assert.ok(one.segments.length > 1 && one.target <= 6);
        assert.equal(one.plan.v180, "shorter than the sound");
        assert.equal(one.poster, "done");
        assert.equal(Number(one.streams.video.nb_read_frames), 13 * 25);
    });
});


describe("what is not whole as a copy is encoded", { timeout }, () => {
    it("what an edit list hides stays hidden", async () => {
        const whole = await made("whole.mp4", ...picture(10), ...sound(10),
            ...H264, "-g", "50", "-bf", "2", ...AAC);
        const one = await taken(await made("trimmed.mp4", "-ss", "3.2", "-i",
            whole, "-c", "copy"));

        near(one.media.duration, 6.8);
        assert.equal(Number(one.streams.video.nb_read_frames), 170);
        assert.deepEqual([one.plan.v180, one.plan.a1],
            ["partly hidden", "partly hidden"]);
    });

    it("few key frames make no long segments", async () => {
        const one = await taken(await made("screen.mp4",
            ...picture(40, { size: "160x90", rate: 10 }), ...H264, "-g", "9999",
            "-sc_threshold", "0"));

        assert.equal(one.target, 6);
        assert.equal(one.plan.v90, "of few key frames");
    });

    it("nor do they of a film of several qualities", async () => {
        const one = await taken(await made("x264.mp4",
            ...picture(12, { size: "640x360", rate: 5 }), ...sound(12),
            ...H264, "-g", "9999", "-sc_threshold", "0", ...AAC));

        assert.equal(one.target, 6);
        assert.deepEqual(Object.keys(one.tracks).sort(),
                         ["a1", "v240", "v360"]);
        assert.equal(one.plan.v360, "of few key frames");
    });

    it("B pictures of an AVI file get their times", async () => {
        const one = await taken(await made("b.avi", ...picture(3), ...sound(3),
            "-c:v", "libx264", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a",
            "libmp3lame"));

        assert.equal(Number(one.streams.video.nb_read_frames), 75);
        assert.equal(one.plan.v180, "without times of its own");
    });

    it("fields become frames", async () => {
        const one = await taken(await made("fields.mp4", "-f", "lavfi", "-i",
            "testsrc2=size=720x576:rate=50:duration=3", "-vf", "interlace",
            ...H264, "-flags", "+ildct+ilme", "-x264opts", "tff=1"));
        const { stderr } = await run("ffmpeg", ["-i", one.file, "-vf", "idet",
            "-f", "null", "-"]);
        const [, top] = /Multi frame detection: TFF:\s*(\d+)/.exec(stderr);

        assert.equal(one.plan.v576, "interlaced");
        assert.ok(Number(top) < 10, stderr);
    });

    it("a high dynamic range becomes a standard one", async () => {
        const one = await taken(await made("hdr.mov", ...picture(2), "-vf",
            "format=yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast",
            "-tag:v", "hvc1", "-x265-params", "log-level=error:colorprim="
                + "bt2020:transfer=smpte2084:colormatrix=bt2020nc"));

        assert.equal(one.streams.video.color_transfer, "bt709");
        assert.equal(one.streams.video.color_space, "bt709");
        assert.equal(one.poster, "done");
    });

    it("red is red, and says of which kind", async () => {
        const one = await taken(await made("red.mkv", "-f", "lavfi", "-i",
            "color=red:size=1280x720:duration=1,format=gbrp", "-c:v", "ffv1"));
        const { stdout } = await run("ffmpeg", ["-v", "error", "-i", one.file,
            "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p",
            "pipe:1"], { encoding: "buffer", maxBuffer: 1 << 24 });

        assert.equal(one.streams.video.color_space, "bt709");
        near(stdout[0], 63, 2);
    });
});


describe("how long a file is", { timeout }, () => {
    for (const [what, file, expected] of [
        ["a browser's recording", () => piped("recorded.webm", "webm",
            ...picture(4), ...sound(4), "-c:v", "libvpx", "-deadline",
            "realtime", "-cpu-used", "8", "-c:a", "libopus"), 4],
        ["a FLAC file from a pipe", () => piped("pipe.flac", "flac",
            ...sound(4), "-c:a", "flac"), 4],
        ["a Matroska file whose clock begins at 1000 s", () => made("late.mkv",
            ...picture(3), ...sound(3), ...H264, ...AAC, "-output_ts_offset",
            "1000", "-avoid_negative_ts", "disabled"), 3],
    ]) {
        it(`${what} need not say`, async () => {
            const one = await taken(await file());

            near(one.media.duration, expected);
        });
    }
});


it("a film of one key frame has a poster", { timeout }, async () => {
    const one = await taken(await made("one.ts", ...picture(3), ...H264,
        "-f", "mpegts"));

    assert.equal(one.poster, "done");
});


it("as many pictures a second are told as are copied", { timeout },
    async () => {
        const one = await taken(await made("quick.mp4",
            ...picture(2, { rate: 100 }), ...H264));

        assert.equal(one.plan.v180, "copied");
        assert.match(one.master, /FRAME-RATE=100\.000/);
    });


it("as many pictures a second are told as there are anywhere", { timeout },
    async () => {
        const one = await taken(await made("uneven.mp4", "-f", "lavfi", "-i",
            "testsrc2=size=320x180:rate=60:duration=12,select='lt(t,6)"
                + "+not(mod(n,10))'", "-fps_mode", "vfr", ...H264, "-g", "60"));

        assert.match(one.master, /FRAME-RATE=(60|59\.9\d+)/);
    });


it("no rate that is told is below another", { timeout }, async () => {
    const one = await taken(await made("rates.mp4", ...picture(7), ...H264,
        "-g", "150", "-keyint_min", "150", "-sc_threshold", "0"));
    const [, peak, average] =
        /BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)/.exec(one.master);

    assert.ok(Number(peak) >= Number(average), one.master);
});
