/* Captions as American television has them within its pictures: CEA-608 in the
   user data that ATSC A/53 part 4 puts beside each of them. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { made, picture } from "./films.mjs";

const RATE = 30;            /* pictures a second, each with two bytes of field 1 */
const POP_ON = [0x14, 0x20], CLEAN = [0x14, 0x2e], LAST_ROW = [0x14, 0x60],
    SHOW = [0x14, 0x2f], ERASE = [0x14, 0x2c];
const NOTHING = [0, 0];

const AUD = 9, SLICES = [1, 5];     /* kinds of NAL units: H.264, table 7-1 */

/* Seven bits, and one that makes them odd. */
function odd(byte) {
    const bits = [...byte.toString(2)].filter((bit) => bit === "1").length;

    return bits % 2 ? byte : byte | 0x80;
}

const twice = (...controls) => controls.flatMap((pair) => [pair, pair]);

const letters = (text) => text.match(/..?/g).map(([one, other]) =>
    [one.charCodeAt(0), other?.charCodeAt(0) ?? 0]);


/* Of each picture its two bytes; texts: [seconds, until, words]. */
function pairs(texts, seconds) {
    const all = Array(seconds * RATE).fill(NOTHING);
    const put = (at, some) => all.splice(at, some.length, ...some);

    for (const [from, to, words] of texts) {
        const said = [...twice(POP_ON, CLEAN, LAST_ROW), ...letters(words)];

        put(from * RATE - said.length, said);
        put(from * RATE, twice(SHOW));
        put(to * RATE, twice(ERASE));
    }
    return all;
}


/* A NAL unit of supplemental enhancement information, for one picture. */
function supplemental(pair) {
    const data = [0xb5, 0, 0x31, ...Buffer.from("GA94"), 3, 0xc1, 0xff, 0xfc,
                  ...pair.map(odd), 0xff];

    return Buffer.from([0, 0, 1, 6, 4, data.length, ...data, 0x80]);
}


/* Raw H.264 in a folder, of so many seconds, with these texts in it. */
export async function captioned(folder, texts, seconds) {
    const path = await made(folder, "plain.264",
        ...picture(seconds, { rate: RATE }), "-c:v", "libx264", "-preset",
        "ultrafast", "-bf", "0", "-g", "30", "-pix_fmt", "yuv420p",
        "-x264-params", "aud=1");
    const bytes = readFileSync(path), out = join(folder, "captioned.264");
    const all = pairs(texts, seconds), parts = [];
    let fresh = false;

    for (let from = bytes.indexOf("000001", 0, "hex"); from !== -1;) {
        const next = bytes.indexOf("000001", from + 3, "hex");
        const kind = bytes[from + 3] & 31;

        if (fresh && SLICES.includes(kind)) {
            parts.push(supplemental(all.shift() ?? NOTHING));
        }
        fresh = kind === AUD || fresh && !SLICES.includes(kind);
        parts.push(bytes.subarray(from, next === -1 ? bytes.length : next));
        from = next;
    }
    writeFileSync(out, Buffer.concat(parts));
    return out;
}
