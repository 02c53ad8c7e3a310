/* The matrix of sources: how each is made, and what must come out of it.
   A row: its name, whose end tells the container; what is odd about it; the
   words that ffmpeg makes it of, or a function that does; and what comes out
   where that is not three seconds of 320 × 180 at 25 pictures a second, both
   copied. */

import { codecs } from "./sources/codecs.mjs";
import { containers } from "./sources/containers.mjs";
import { pictures } from "./sources/pictures.mjs";
import { recordings } from "./sources/recordings.mjs";
import { sounds } from "./sources/sounds.mjs";
import { times } from "./sources/times.mjs";
import { together } from "./sources/together.mjs";

export const groups = [
    ["Containers", containers], ["Codecs", codecs], ["Pictures", pictures],
    ["Times", times], ["Sounds", sounds], ["Recordings", recordings],
    ["A flash and a beep", together],
];

export const sources = groups.flatMap(([group, rows]) => rows.map(
    ([name, odd, make, out = {}]) => ({ group, name, odd, make, out })));
