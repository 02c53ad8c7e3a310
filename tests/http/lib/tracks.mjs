/* sluice-cmaf, and the pieces that it is given, as the worker has ffmpeg write
   them. */

import { join } from "node:path";

import { run } from "./run.mjs";

const TOP = new URL("../../..", import.meta.url).pathname;
const CMAF = join(TOP, "build/sluice-cmaf");

/* On the clock of the source, which may be below 0; no edit list. */
export const FRAGMENTS = ["-f", "mp4", "-avoid_negative_ts", "disabled",
    "-use_editlist", "0", "-movflags", "+frag_keyframe+empty_moov"
        + "+default_base_moof+frag_discont+delay_moov"];


export async function ffmpeg(...words) {
    return run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...words.map(String)],
        { maxBuffer: 1 << 26 });
}


/* One stream of a source ("v" or "a") as a piece; words say how it is encoded,
   and are "-c copy" without. */
export async function piece(source, stream, to, words = ["-c", "copy"],
                            before = [])
{
    await ffmpeg("-copyts", ...before, "-i", source, "-map", `0:${stream}:0`,
        "-map_metadata", "-1", ...words, ...FRAGMENTS, to);
    return to;
}


/* Joins pieces: {track: "video|audio", timescale, samples, first, end, codecs,
   open, segments, refused}. `start` in microseconds. */
export async function cmaf(to, pieces, { start = 0, end, seconds = 6 } = {}) {
    const { stdout } = await run(CMAF, ["track", to,
        end === undefined ? String(start) : `${start}:${end}`, String(seconds),
        ...pieces]);
    const said = { segments: 0, open: false };

    for (const line of stdout.split("\n").slice(0, -1)) {
        const [word, ...rest] = line.split(" ");

        if (word === "track") {
            [said.track] = rest;
            [said.timescale, said.samples, said.first, said.end] =
                rest.slice(1).map(Number);
        } else if (word === "segment") {
            said.segments += 1;
        } else if (word === "open") {
            said.open = true;
        } else {
            said[word] = rest.join(" ");
        }
    }
    return said;
}


/* What a decoder makes of a file: [when it is shown in ticks, its digest]. */
export async function shown(path, ...before) {
    const { stdout } = await run("ffmpeg", ["-v", "error", ...before, "-i", path,
        "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "framemd5",
        "-"], { maxBuffer: 1 << 26 });

    return stdout.split("\n").filter((line) => line && !line.startsWith("#"))
        .map((line) => line.split(",").map((part) => part.trim()))
        .map(([, , at, , , digest]) => [Number(at), digest]);
}
