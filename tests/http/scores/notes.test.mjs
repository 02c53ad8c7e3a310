/* Notes as other programs write them, what they do not say, and notes that are
   made to do harm. */

import assert from "node:assert/strict";

import { MIDI_END, midiOf, midiText, musicxml, mxl } from "../lib/files.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, user;

before(async () => {
    stack = await startStack();
    user = await stack.visitor("viewer");
}, { timeout });

after(() => stack?.stop(), { timeout });


async function told(bytes, name) {
    const { id } = await user.bring(bytes, name);

    return (await user.ready(id)).score;
}

async function refused(bytes, name, says) {
    const { id } = await user.bring(bytes, name);
    const media = await user.settled(id);

    assert.equal(media.state, "failed");
    assert.match(media.error, says);
}

const found = async (q) => (await user.get(
    `/api/media?${new URLSearchParams({ q })}`)).json.items.length;

/* A score of one measure that holds this, in a text that begins so. */
const score = (inside, head = '<?xml version="1.0"?>') =>
    `${head}<score-partwise>${inside}</score-partwise>`;

const container = (path, type = "") => "<container><rootfiles><rootfile "
    + `full-path="${path}"${type && ` media-type="${type}"`}/>`
    + "</rootfiles></container>";


describe("MusicXML", { timeout }, () => {
    it("without a mode has a signature, and no key", async () => {
        const { key } = await told(score("<part><measure><attributes><key>"
            + "<fifths>-2</fifths></key></attributes></measure></part>"),
                                   "a.musicxml");

        assert.equal(key, "2 flats");
    });

    it("of a cycle is named and found by work and movement", async () => {
        const { title } = await told(score("<work><work-title>Dichterliebe"
            + "</work-title></work><movement-number>7</movement-number>"
            + "<movement-title>Zaubergroll</movement-title>"), "a.musicxml");

        assert.equal(title, "Dichterliebe: 7. Zaubergroll");
        assert.equal(await found("zaubergroll"), 1);
    });

    it("in Shift_JIS is read", async () => {
        const bytes = Buffer.concat([
            Buffer.from('<?xml version="1.0" encoding="Shift_JIS"?>'
                        + "<score-partwise><movement-title>"),
            Buffer.from([0x8d, 0x72, 0x8f, 0xe9]),
            Buffer.from("</movement-title></score-partwise>"),
        ]);

        assert.equal((await told(bytes, "a.musicxml")).title, "荒城");
    });

    it("in UTF-16 is read", async () => {
        const bytes = Buffer.from("\ufeff" + musicxml({ title: "Große" }),
                                  "utf16le");

        assert.equal((await told(bytes, "a.musicxml")).title, "Große");
    });

    it("in an unknown encoding is refused by its name", () =>
        refused(score("", '<?xml version="1.0" encoding="x-klingon"?>'),
                "a.musicxml", /encoding that is not known here: x-klingon/));

    it("that MuseScore keeps for itself is called so", () =>
        refused('<?xml version="1.0"?><museScore version="4"/>', "a.mscx",
                /^This is MuseScore's own format: export it as MusicXML/));
});


describe("compressed MusicXML", { timeout }, () => {
    for (const type of ["application/vnd.recordare.musicxml", "text/xml"]) {
        it(`of type ${type} is read`, async () => {
            const { title } = await told(mxl({
                "META-INF/container.xml": container("./s.xml", type),
                "s.xml": musicxml({ title: type }),
            }), "a.mxl");

            assert.equal(title, type);
        });
    }

    it("without container is read", async () => {
        const { title } = await told(mxl({
            "cover.txt": "", "a/s.musicxml": musicxml({ title: "Bare" }),
        }), "a.mxl");

        assert.equal(title, "Bare");
    });

    it("that is encrypted is refused for that", async () => {
        const bytes = mxl({ "s.xml": musicxml() });

        bytes[bytes.lastIndexOf("PK\x01\x02") + 8] |= 1;
        await refused(bytes, "a.mxl", /encrypted/);
    });

    it("that MuseScore keeps for itself is called so", () =>
        refused(mxl({ "score_style.mss": "", "a.mscx": "<museScore/>" }),
                "a.mscz", /^This is MuseScore's own format/));
});


describe("MIDI", { timeout }, () => {
    it("for karaoke has its title, and is found by what is sung", async () => {
        const { title } = await told(midiOf(
            [midiText(3, "Soft Karaoke"), midiText(1, "@KMIDI KARAOKE FILE"),
             MIDI_END],
            [midiText(3, "Words"), midiText(1, "@TMondflusslied"),
             midiText(1, "\\Zau"), midiText(1, "ber"), midiText(1, "fluss "),
             MIDI_END]), "a.kar");

        assert.equal(title, "Mondflusslied");
        assert.equal(await found("zauberfluss"), 1);
    });

    it("with bytes behind its last track is read", async () => {
        const { title } = await told(Buffer.concat([
            midiOf([midiText(3, "Ave"), MIDI_END]),
            Buffer.from("Downloaded from www.example.org\r\n"),
        ]), "a.mid");

        assert.equal(title, "Ave");
    });

    it("whose title is in an unknown encoding has none", async () => {
        const name = [0, 0xff, 3, 4, 0x8d, 0x72, 0x8f, 0xe9];

        assert.equal((await told(midiOf([name, MIDI_END]), "a.mid")).title,
                     undefined);
    });

    it("that is cut off is refused", () =>
        refused(midiOf([midiText(3, "Ave"), MIDI_END]).subarray(0, -3),
                "a.mid", /damaged or cut off/));
});


describe("notes that are made to do harm are refused:", { timeout }, () => {
    const declared = Array.from({ length: 20000 },
                                (_, i) => `a${i} CDATA "v"`).join(" ");
    const many = (count, line) =>
        Array.from({ length: count }, (_, i) => line(i.toString(36))).join("");

    it("attributes that each element has by declaration", () =>
        refused(mxl({ "s.xml": score("<x/>".repeat(100_000),
            `<!DOCTYPE score-partwise [<!ATTLIST x ${declared}>]>`) }), "a.mxl",
                /declares a document type of its own/));

    it("entities that grow", () =>
        refused(score("&b;", "<!DOCTYPE score-partwise [<!ENTITY a 'aaaa'>"
                      + "<!ENTITY b '&a;&a;'>]>"), "a.musicxml", /entities/));

    it("names without end", () =>
        refused(mxl({ "s.xml": score(many(1_000_000, (i) => `<a${i}/>`)) }),
                "a.mxl", /more memory to read than any score/));

    it("a zip that unpacks to a thousand times itself", () =>
        refused(mxl({ "s.xml": score(" ".repeat(8 << 20)) }), "a.mxl",
                /unpacks to more/));
});
