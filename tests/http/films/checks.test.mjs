/* What finds faults in films finds them: right ones have none, and each that is
   put in is told. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { find, track, trackFaults } from "../lib/boxes.mjs";
import { checkDash } from "../lib/dash.mjs";
import { checkHls, mediaPlaylist, rates } from "../lib/hls.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { cmaf, ffmpeg, piece } from "../lib/tracks.mjs";

const timeout = 120_000;

let folder;
const files = {};           /* by their paths beside the master */

before(async () => {
    folder = mkdtempSync(join(tmpdir(), "sl-checks-"));
    const source = join(folder, "source.mp4");

    await ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=9",
        "-f", "lavfi", "-i", "sine=duration=9", "-c:v", "libx264", "-preset",
        "ultrafast", "-g", 50, "-pix_fmt", "yuv420p", "-c:a", "aac", source);
    for (const [name, stream] of [["v90", "v"], ["a1", "a"]]) {
        const to = join(folder, `${name}.mp4`);

        await cmaf(to, [await piece(source, stream, join(folder, "piece.mp4"))]);
        files[`f/${name}.mp4`] = readFileSync(to);
        files[`f/${name}.m3u8`] = playlist(name, "size");
    }
    files["f/v90.iframes.m3u8"] = playlist("v90", "key")
        .replace("#EXT-X-MAP", "#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP");
    files["master.m3u8"] = master();
    files["manifest.mpd"] = manifest();
}, { timeout });

after(() => rmSync(folder, { recursive: true }));


function playlist(name, part) {
    const { segments, sidx, timescale, init } = track(files[`f/${name}.mp4`]);
    const lines = segments.map((one, i) =>
        `#EXTINF:${(sidx.references[i].duration / timescale).toFixed(6)},\n`
            + `#EXT-X-BYTERANGE:${one[part]}@${one.at}\n${name}.mp4\n`);

    return "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n"
        + "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        + `#EXT-X-MAP:URI="${name}.mp4",BYTERANGE="${init}@0"\n`
        + `${lines.join("")}#EXT-X-ENDLIST\n`;
}


function master() {
    const rate = (name) => rates(mediaPlaylist(files[`f/${name}.m3u8`]));
    const [picture, sound] = [rate("v90"), rate("a1")];

    return "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        + '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="en",LANGUAGE="en",'
        + 'DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",URI="f/a1.m3u8"\n'
        + `#EXT-X-STREAM-INF:BANDWIDTH=${Math.ceil(picture.peak + sound.peak)},`
        + "AVERAGE-BANDWIDTH="
        + `${Math.ceil(picture.average + sound.average)},`
        + 'CODECS="avc1.42c00b,mp4a.40.2",RESOLUTION=160x90,FRAME-RATE=25.000,'
        + 'AUDIO="audio"\nf/v90.m3u8\n'
        + "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9999999,"
        + 'CODECS="avc1.42c00b",URI="f/v90.iframes.m3u8"\n';
}


function manifest() {
    const set = (name, kind, codecs, more) => {
        const { sidx, init } = track(files[`f/${name}.mp4`]);

        return `<AdaptationSet id="${name}" contentType="${kind}"`
            + ` mimeType="${kind}/mp4" subsegmentAlignment="true"`
            + ` subsegmentStartsWithSAP="1"><Representation id="${name}"`
            + ` bandwidth="9999999" codecs="${codecs}"${more}>`
            + `<BaseURL>f/${name}.mp4</BaseURL><SegmentBase`
            + ` indexRange="${sidx.at}-${sidx.at + sidx.size - 1}">`
            + `<Initialization range="0-${init - 1}"/></SegmentBase>`
            + "</Representation></AdaptationSet>";
    };

    return '<?xml version="1.0" encoding="UTF-8"?>\n'
        + '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="'
        + 'urn:mpeg:dash:profile:isoff-on-demand:2011" type="static"'
        + ' mediaPresentationDuration="PT9.1S"><Period>'
        + set("v90", "video", "avc1.42c00b",
            ' width="160" height="90" frameRate="25"')
        + `${set("a1", "audio", "mp4a.40.2", "")}</Period></MPD>\n`;
}


/* Reads the film with a part of one file replaced. */
const reading = (changed = {}) => async (path) => {
    const file = { ...files, ...changed }[path];
    assert.notEqual(file, undefined, path);
    return Buffer.from(file);
};

async function finds(check, start, path, from, to, fault) {
    const whole = files[path], changed = whole.replace(from, to);

    assert.notEqual(changed, whole);
    const { faults } = await check(reading({ [path]: changed }), start);
    assert.ok(faults.some((one) => fault.test(one)), faults.join("\n"));
}


describe("a film that is right", { timeout }, () => {
    it("has no faults", async () => {
        assert.deepEqual((await checkHls(reading(), "master.m3u8")).faults, []);
        assert.deepEqual((await checkDash(reading(), "manifest.mpd")).faults,
            []);
    });
});


describe("a fault in a playlist", { timeout }, () => {
    for (const [what, path, from, to, fault] of [
        ["a rate that is too low", "master.m3u8", /:BANDWIDTH=\d+/,
            ":BANDWIDTH=900", /BANDWIDTH 900, measured/],
        ["an average that is off", "master.m3u8", /AVERAGE-BANDWIDTH=\d+/,
            "AVERAGE-BANDWIDTH=9", /AVERAGE-BANDWIDTH 9,/],
        ["a codec that is missing", "master.m3u8", ",mp4a.40.2", "",
            /without mp4a/],
        ["a group that is not there", "master.m3u8", ',AUDIO="audio"',
            ',AUDIO="other"', /no such group/],
        ["two defaults", "master.m3u8", /(#EXT-X-MEDIA.*)(NAME=)"en"(.*\n)/,
            '$1$2"en"$3$1$2"xx"$3', /two defaults/],
        ["a picture without I-frames", "master.m3u8",
            /#EXT-X-I-FRAME-STREAM-INF.*\n/, "", /without a playlist of I-fr/],
        ["an unknown tag", "master.m3u8", "#EXT-X-MEDIA:",
            '#EXT-X-KEY:METHOD=NONE\n#EXT-X-MEDIA:', /unexpected line/],
        ["a range that is another", "f/v90.m3u8", /BYTERANGE:(\d)/,
            "BYTERANGE:1$1", /segment 0 is/],
        ["a time that is not so", "f/v90.m3u8", "6.000000", "5.900000",
            /segment 0 ends at 5.9/],
        ["a target that is too short", "f/a1.m3u8", "DURATION:6", "DURATION:5",
            /the target is 5/],
        ["a map that is too short", "f/a1.m3u8", /BYTERANGE="\d+@0"/,
            'BYTERANGE="9@0"', /the map is/],
        ["no end", "f/a1.m3u8", "#EXT-X-ENDLIST\n", "", /EXT-X-ENDLIST/],
        ["a key frame cut off", "f/v90.iframes.m3u8", /BYTERANGE:\d+/,
            "BYTERANGE:99", /\(I-frames\): segment 0/],
    ]) {
        it(`is found: ${what}`,
            () => finds(checkHls, "master.m3u8", path, from, to, fault));
    }
});


describe("a fault in a manifest", { timeout }, () => {
    for (const [what, from, to, fault] of [
        ["an index elsewhere", /indexRange="(\d+)/, 'indexRange="1$1',
            /indexRange/],
        ["a head that is too short", /range="0-\d+"/, 'range="0-9"',
            /Initialization 0-9/],
        ["a rate that is too low", 'bandwidth="9999999"', 'bandwidth="9"',
            /bandwidth 9,/],
        ["a length that is too short", "PT9.1S", "PT8S", /of 8 s/],
        ["two of a name", 'Representation id="a1"', 'Representation id="v90"',
            /two are v90/],
        ["another profile", "isoff-on-demand", "isoff-live", /profiles/],
    ]) {
        it(`is found: ${what}`, () => finds(checkDash, "manifest.mpd",
            "manifest.mpd", from, to, fault));
    }

    it("is found: XML that does not end", () => assert.rejects(
        checkDash(reading({ "manifest.mpd": "<MPD><Period></MPD>" }),
            "manifest.mpd"), /ends what it did not begin/));
});


describe("a fault in a track file", { timeout }, () => {
    /* Damages a copy of it behind the name of a box. */
    function damaged(box, at, value, nth = 0) {
        const copy = Buffer.from(files["f/v90.mp4"]);
        let place = -1;

        for (let i = 0; i <= nth; i++) {
            place = copy.indexOf(box, place + 1, "latin1");
        }
        copy.writeUInt32BE(value, place + 4 + at);
        return trackFaults(copy);
    }

    for (const [what, box, at, value, nth, fault] of [
        ["a segment decoded at another time", "tfdt", 8, 1, 1, /is decoded at/],
        ["samples that lie elsewhere", "trun", 8, 1, 0, /its samples begin at/],
        ["a first sample that is none to begin with", "trun", 16, 0x10000, 0,
            /no sync sample/],
        ["a reference that is too long", "sidx", 32, 5, 0, /another size/],
        ["a brand that is missing", "ftyp", 8, 0x61626364, 0, /the brand cmfc/],
    ]) {
        it(`is found: ${what}`, () => {
            const faults = damaged(box, at, value, nth);
            assert.ok(faults.some((one) => fault.test(one)), faults.join("\n"));
        });
    }

    it("boxes are found by their paths", () => {
        const { top } = track(files["f/v90.mp4"]);

        assert.equal(find(top, "moov/trak/mdia/hdlr").type, "hdlr");
        assert.equal(find(top, "moov/trak/edts"), undefined);
    });
});
