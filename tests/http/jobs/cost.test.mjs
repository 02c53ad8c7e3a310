/* What a film may cost is bounded by what came in, not by what it claims; and
   one whose pictures come as they like is right all the same. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { gapped } from "../lib/matroska.mjs";
import { published } from "../lib/films.mjs";
import { run } from "../lib/run.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const FRAME = 1 / 30;           /* seconds */

let stack, user;


before(async () => {
    stack = await startStack();
    user = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


async function made(name, ...words) {
    const path = join(stack.folder, name);

    await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...words, path]);
    return readFileSync(path);
}

const still = () => made("still.jpg", "-f", "lavfi", "-i",
    "testsrc2=size=640x360", "-frames:v", "1");

/* The largest picture, and what a player is given. */
const rendition = (media) => published(stack, media.id).highest.file;
const together = ({ id }) => published(stack, id).path;

/* When the pictures come, in seconds from the first. */
async function pictures(path) {
    const { stdout } = await run("ffprobe", ["-v", "error", "-select_streams",
        "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path]);
    const times = stdout.trim().split("\n").map(parseFloat)
        .sort((a, b) => a - b);

    return times.map((time) => time - times[0]);
}

/* How much later the sound is heard than the flash is seen. */
async function lag(path) {
    const { stderr } = await run("ffmpeg", ["-nostdin", "-i", path, "-vf",
        "blackdetect=d=0.1:pix_th=0.5", "-af",
        "silencedetect=n=-30dB:d=0.1", "-f", "null", "-"]);
    const seen = stderr.match(/black_end:([\d.]+)/)[1];
    const heard = stderr.match(/silence_end: ([\d.]+)/)[1];

    return heard - seen;
}


describe("a film of few pictures and a long time", { timeout }, () => {
    it("is shown at two a second, since players wait for no later one",
        async () => {
            const media = await user.bring(gapped(await still(), 100),
                "gap.mkv");
            const ready = await user.ready(media.id);
            const times = await pictures(rendition(ready));

            assert.deepEqual(times, times.map((_, i) => i / 2));
            assert.ok(times.at(-1) >= 199.5 && times.at(-1) <= 300, times.at(-1));
        });

    it("is refused when it claims a day and holds next to nothing",
        async () => {
            const bytes = gapped(await still(), 43_000);
            const { id } = await user.bring(bytes, "day.mkv");
            const media = await user.settled(id);

            assert.equal(media.state, "failed");
            assert.equal(media.error, "The file claims to last for hours, "
                + "and holds next to nothing.");
        });
});


describe("a film of a variable rate", { timeout }, () => {
    /* thirty a second for a while, then one in seven of them */
    const film = () => made("variable.mkv", "-f", "lavfi", "-i",
        "color=black:size=128x72:rate=30:duration=12,"
        + "drawbox=c=white:t=fill:enable='between(t,8,8.9)',"
        + "select='lt(t,3)+not(mod(n,7))'", "-f", "lavfi", "-i",
        "aevalsrc='if(between(t,8,8.9),sin(880*2*PI*t)*0.8,0)':s=48000:d=12",
        "-fps_mode", "vfr", "-enc_time_base", "1/1000", "-c:v", "mpeg4",
        "-c:a", "pcm_s16le");

    it("keeps the time of each picture", async () => {
        const bytes = await film();
        const ready = await user.ready((await user.bring(bytes, "v.mkv")).id);
        const before = await pictures(join(stack.folder, "variable.mkv"));
        const after = await pictures(rendition(ready));

        assert.equal(after.length, before.length);
        after.forEach((time, i) => assert.ok(
            Math.abs(time - before[i]) <= FRAME, `${i}: ${time} ${before[i]}`));
    });

    it("stays in time with its sound", async () => {
        const bytes = await film();
        const ready = await user.ready((await user.bring(bytes, "w.mkv")).id);
        const before = await lag(join(stack.folder, "variable.mkv"));

        assert.ok(Math.abs(await lag(together(ready)) - before) <= FRAME);
    });
});


it("a film with tags without end is looked at all the same", async () => {
    const bytes = await made("tags.mp4", "-f", "lavfi", "-i",
        "testsrc2=size=64x36:rate=5:duration=1", "-metadata",
        `comment=${"x".repeat(100_000)}`, "-movflags", "use_metadata_tags",
        ...Array.from({ length: 60 }, (_, i) => ["-metadata",
            `k${i}=${"y".repeat(30_000)}`]).flat());

    assert.ok(bytes.length > 1.5e6);
    await user.ready((await user.bring(bytes, "tags.mp4")).id);
}, { timeout });
