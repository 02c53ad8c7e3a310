/* Films that claim more than they hold. */

/* EBML (RFC 8794): id, size in eight bytes, data. */
function element(id, ...data) {
    const body = Buffer.concat(data.map((part) => Buffer.isBuffer(part) ? part
        : typeof part === "string" ? Buffer.from(part) : number(part)));
    const size = Buffer.alloc(8);

    size.writeBigUInt64BE(BigInt(body.length) | 1n << 56n);
    return Buffer.concat([Buffer.from(id, "hex"), size, body]);
}

function number(value) {
    const bytes = Buffer.alloc(8);

    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
}

function double(value) {
    const bytes = Buffer.alloc(8);

    bytes.writeDoubleBE(value);
    return bytes;
}

/* Matroska (RFC 9559) of this picture three times, so many seconds apart, which
   says that there are sixty a second. */
export function gapped(picture, seconds) {
    const at = [0, 1000 * seconds, 2000 * seconds];

    return Buffer.concat([
        element("1a45dfa3", element("4282", "matroska"), element("4287", 4),
            element("4285", 2)),
        element("18538067",
            element("1549a966", element("2ad7b1", 1_000_000),
                element("4489", double(at[2] + 17)), element("4d80", "x"),
                element("5741", "x")),
            element("1654ae6b", element("ae", element("d7", 1),
                element("73c5", 1), element("83", 1),
                element("86", "V_MJPEG"), element("23e383", 16_666_667),
                element("e0", element("b0", 640), element("ba", 360)))),
            ...at.map((ms) => element("1f43b675", element("e7", ms),
                element("a3", Buffer.from([0x81, 0, 0, 0x80]), picture)))),
    ]);
}
