/* Track files: what is joined of pieces is what one piece would be, frame by
   frame, and every box of it is right. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { track, trackFaults } from "../lib/boxes.mjs";
import { run } from "../lib/run.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { cmaf, ffmpeg, piece, shown } from "../lib/tracks.mjs";

const timeout = 240_000;
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "3",
              "-b_strategy", "0", "-pix_fmt", "yuv420p"];
const ENCODED = [...H264, "-enc_time_base", "-1", "-fps_mode", "passthrough",
                 "-g", "1000"];

let folder;

before(() => {
    folder = mkdtempSync(join(tmpdir(), "sl-pieces-"));
});

after(() => rmSync(folder, { recursive: true }));

const path = (name) => join(folder, name);
const picture = (rate, seconds = 9) => ["-f", "lavfi", "-i",
    `testsrc2=size=160x90:rate=${rate}:duration=${seconds}`];
const right = (file) => assert.deepEqual(trackFaults(readFileSync(file)), []);


/* Microseconds at which a file's clock begins. */
async function clock(file) {
    const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries",
        "format=start_time", "-of", "csv=p=0", file]);
    return Math.round(Number(stdout) * 1e6);
}


/* Encodes what is shown from each of these seconds on as a piece of its own. */
async function apart(source, seconds) {
    const pieces = [];

    for (let i = 0; i <= seconds.length; i++) {
        const from = seconds[i - 1], to = seconds[i];
        const words = [from && `start=${from}`, to && `end=${to}`];

        pieces.push(await piece(source, "v", path(`piece-${i}.mp4`),
            ["-vf", `trim=${words.filter(Boolean).join(":")}`, ...ENCODED],
            from ? ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", from]
                : []));
    }
    return pieces;
}


/* Half a frame in front of the key frames that are shown at these seconds of
   the clock. */
for (const [what, name, words, seconds] of [
    ["of MP4", "cfr.mp4", [...picture(25), ...H264, "-g", 50], [1.98, 5.98]],
    ["of Matroska, whose clock has milliseconds", "ntsc.mkv",
        [...picture("30000/1001"), ...H264, "-g", 60], [1.985, 5.989]],
    ["of MPEG-TS, whose clock begins anywhere", "clock.ts",
        [...picture(25), ...H264, "-g", 50], [3.46, 7.46]],
    ["of a variable rate", "vfr.mp4", [...picture(30), "-vf",
        "select='not(mod(n,7))+lt(mod(n,60),20)'", "-fps_mode", "vfr", ...H264,
        "-force_key_frames", "4"], [3.98]],
    ["behind pictures that lead a key frame", "open.mp4", [...picture(25),
        ...H264, "-x264-params", "open-gop=1:keyint=50:min-keyint=50"],
        [1.98, 5.98]],
]) {
    describe(`pieces ${what}`, { timeout }, () => {
        it("join to the frames and times of one encode", async () => {
            const source = path(name), start = { start: 0 };

            await ffmpeg(...words, source);
            start.start = await clock(source);

            const whole = await cmaf(path("whole.mp4"),
                [await piece(source, "v", path("one.mp4"), ENCODED)], start);
            const joined = await cmaf(path("joined.mp4"),
                await apart(source, seconds), start);
            const times = async (file) =>
                (await shown(path(file))).map(([at]) => at);

            assert.equal(joined.refused, undefined);
            assert.deepEqual(await times("joined.mp4"),
                await times("whole.mp4"));
            assert.equal(joined.samples, (await shown(source)).length);
            assert.equal(joined.end, whole.end);
            right(path("joined.mp4"));
            right(path("whole.mp4"));
        });
    });
}


describe("a copy", { timeout }, () => {
    const source = () => path("both.mp4");

    before(() => ffmpeg(...picture(25), "-f", "lavfi", "-i",
        "sine=duration=9:sample_rate=48000", ...H264, "-g", 50, "-c:a", "aac",
        "-aac_pns", 0, source()));

    it("has the pictures of its source at their times", async () => {
        await cmaf(path("v.mp4"), [await piece(source(), "v", path("pv.mp4"))]);
        right(path("v.mp4"));
        assert.deepEqual(await shown(path("v.mp4"), "-copyts"),
            await shown(source(), "-copyts", "-an"));
    });

    it("has its sound at its times, without what is before 0", async () => {
        const said = await cmaf(path("a.mp4"),
            [await piece(source(), "a", path("pa.mp4"))]);
        const heard = await shown(path("a.mp4"), "-copyts");
        const theirs = await shown(source(), "-copyts", "-vn");

        right(path("a.mp4"));
        assert.equal(said.first, 0);
        assert.equal(said.codecs, "mp4a.40.2");
        /* the first frame of a decoder has none before it to overlap with */
        assert.deepEqual(heard.slice(1), theirs.slice(1));
        assert.equal(heard.length, theirs.length);
    });

    it("is shown from the film's beginning until its end", async () => {
        const late = await piece(source(), "v", path("late.mp4"),
            ["-c", "copy"], ["-itsoffset", "1.5"]);
        const said = await cmaf(path("stays.mp4"), [late], { end: 20e6 });
        const [first, second] = await shown(path("stays.mp4"), "-copyts");

        right(path("stays.mp4"));
        assert.equal(said.first, 0);
        assert.equal(said.end, 20 * said.timescale);
        assert.equal(first[0], 0);
        assert.equal(second[0], 1.54 * said.timescale);
    });

    it("is refused with pieces of another setting", async () => {
        const other = await piece(source(), "v", path("other.mp4"),
            [...H264, "-vf", "scale=80:46"]);

        const { refused } = await cmaf(path("none.mp4"),
            [path("pv.mp4"), other], {});
        assert.match(refused, /set up differently/);
    });
});


const SOUND = ["-f", "lavfi", "-i",
               "sine=duration=9:sample_rate=48000,aformat=channel_layouts=5.1"];
const HDR = ["-color_trc", "smpte2084", "-color_primaries", "bt2020",
             "-colorspace", "bt2020nc"];

for (const [what, stream, codecs, words, segments] of [
    ["pictures that each are a key frame", "v", /^avc1\.[0-9a-f]{6}$/,
        [...H264, "-g", 1], 2],
    ["one key frame in all", "v", /^avc1/, [...H264, "-g", 9999], 1],
    ["HEVC", "v", /^hvc1\.1\.6\.L\d+\.90$/, ["-c:v", "libx265", "-preset",
        "ultrafast", "-x265-params", "log-level=none:open-gop=0:keyint=50",
        "-tag:v", "hvc1", "-pix_fmt", "yuv420p"], 2],
    ["HEVC with leading pictures", "v", /^hvc1/, ["-c:v", "libx265",
        "-preset", "ultrafast", "-x265-params",
        "log-level=none:open-gop=1:keyint=50", "-tag:v", "hvc1", "-pix_fmt",
        "yuv420p"], 2],
    ["AV1 of a high range", "v", /^av01\.0\.\d\dM\.10\.0\.110\.09\.16\.09\.0$/,
        ["-c:v", "libaom-av1", "-cpu-used", 8, "-usage", "realtime", "-g", 50,
         "-pix_fmt", "yuv420p10le", ...HDR], 2],
    ["VP9", "v", /^vp09\.00\.\d\d\.08$/, ["-c:v", "libvpx-vp9", "-deadline",
        "realtime", "-cpu-used", 8, "-g", 50, "-pix_fmt", "yuv420p"], 2],
    ["AAC of six channels", "a", /^mp4a\.40\.2$/, ["-c:a", "aac"], 2],
    ["AC-3", "a", /^ac-3$/, ["-c:a", "ac3"], 2],
    ["E-AC-3", "a", /^ec-3$/, ["-c:a", "eac3"], 2],
    ["Opus", "a", /^opus$/, ["-c:a", "libopus", "-ac", 2], 2],
    ["FLAC", "a", /^fLaC$/, ["-c:a", "flac", "-strict", -2], 2],
]) {
    it(`a track file of ${what} is right in every box`, { timeout },
        async () => {
            const from = path("raw.mkv"), to = path("kind.mp4");

            await ffmpeg(...picture(25), ...SOUND, "-c:v", "ffv1", "-c:a",
                "pcm_s16le", from);
            const said = await cmaf(to,
                [await piece(from, stream, path("kind-piece.mp4"), words)]);

            assert.equal(said.refused, undefined);
            assert.match(said.codecs, codecs);
            assert.equal(said.segments, segments);
            right(to);
            assert.equal(said.open, what.includes("leading"));
            assert.equal((await shown(to)).length > 0, true);
            assert.equal(track(readFileSync(to)).segments
                .reduce((sum, one) => sum + one.samples.length, 0),
                said.samples);
        });
}
