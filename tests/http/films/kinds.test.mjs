/* What kinds of films and recordings are taken, and what is said of those that
   can be played in part, or not at all. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { maker, picture, sound, AAC, H264 } from "../lib/films.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let stack, client, films;

before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
    films = maker(stack, client);
}, { timeout });

after(() => stack?.stop(), { timeout });


/* An ID3v2.3 tag of so many bytes behind its header: a private frame. */
function tag(size) {
    const bytes = Buffer.alloc(10 + size);

    bytes.write("ID3\x03\0\0", "latin1");
    for (let i = 0; i < 4; i++) {
        bytes[6 + i] = size >> (7 * (3 - i)) & 0x7f;
    }
    bytes.write("PRIV", 10);
    bytes.writeUInt32BE(size - 10, 14);
    return bytes;
}


describe("a recording is taken", { timeout }, () => {
    for (const [name, ...words] of [
        ["one.mp3", "-c:a", "libmp3lame"],
        ["one.m4a", ...AAC],
        ["one.flac", "-c:a", "flac"],
        ["one.ogg", "-c:a", "libvorbis"],
        ["one.opus", "-c:a", "libopus"],
        ["one.aac", ...AAC, "-f", "adts"],
        ["one.wav", "-c:a", "pcm_s16le"],
        ["one.aiff", "-c:a", "pcm_s24be"],
        ["one.aifc", "-c:a", "pcm_alaw", "-f", "aiff"],
    ]) {
        it(`from ${name}`, async () => {
            const media = await films.taken(await films.made(name, ...sound(2),
                ...words));

            assert.equal(media.kind, "audio");
            assert.ok(Math.abs(media.duration - 2) < 0.1, media.duration);
            assert.equal(media.notice, null);
        });
    }

    for (const [name, tags, ...words] of [
        ["behind.flac", [20_000], "-c:a", "flac"],
        ["behind.aac", [20_000], ...AAC, "-f", "adts"],
        ["behind.mp3", [20_000], "-c:a", "libmp3lame", "-id3v2_version", "0"],
        ["several.flac", [5000, 300_000, 4096, 20], "-c:a", "flac"],
        ["behind.wav", [20_000], "-c:a", "pcm_s16le"],
        ["behind.aiff", [20_000], "-c:a", "pcm_s16be"],
        ["behind.ts", [2000], ...AAC, "-f", "mpegts"],
    ]) {
        it(`from ${name}, whose tags are longer than what is looked at`,
            async () => {
                const bytes = readFileSync(await films.made(name, ...sound(2),
                    ...words));
                const media = await films.taken(films.written(name,
                    Buffer.concat([...tags.map(tag), bytes])));

                assert.equal(media.kind, "audio");
                assert.ok(Math.abs(media.duration - 2) < 0.1, media.duration);
                assert.match(media.links.original,
                    new RegExp(`original\\.${name.split(".")[1].slice(0, 3)}`));
            });
    }
});


describe("a missing decoder", { timeout }, () => {
    /* The same film, whose sound is said to be of another codec. */
    async function renamed(name, codec, ...words) {
        const bytes = readFileSync(await films.made(name, ...words));

        bytes.write(codec, bytes.lastIndexOf("mp4a"));
        bytes.write("free", bytes.lastIndexOf("esds"));
        return films.written(name, bytes);
    }

    it("costs the film its sound alone, and its owner is told", async () => {
        const media = await films.taken(await renamed("film.mp4", "mhm1",
            ...picture(2), ...sound(2), ...H264, ...AAC));

        assert.equal(media.kind, "video");
        assert.equal(media.state, "ready");
        assert.equal(media.notice, "There is no decoder here for its sound "
            + "(MPEG-H 3D Audio): it is played without.");
        assert.deepEqual(media.streams.map(({ note }) => note),
            [undefined, "no decoder"]);
    });

    it("is the reason why nothing can be played", async () => {
        const { id } = await client.bring(readFileSync(await renamed("one.m4a",
            "ac-4", ...sound(2), ...AAC)), "one.m4a");
        const media = await client.settled(id);

        assert.equal(media.error, "There is no decoder here for AC-4: nothing "
            + "in the file can be played.");
    });
});
