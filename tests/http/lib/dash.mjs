/* A manifest of DASH against the files that it names: ISO/IEC 23009-1, on-demand
   profile, and DASH-IF's interoperability points for it. */

import { track, trackFaults } from "./boxes.mjs";

const PROFILE = "urn:mpeg:dash:profile:isoff-on-demand:2011";
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };


function plain(text) {
    return text.replace(/&(\w+);/g, (_, name) => {
        if (!(name in ENTITIES)) {
            throw new Error(`no such entity: ${name}`);
        }
        return ENTITIES[name];
    });
}


/* {name, attributes, children, text}: XML as far as a manifest needs it; what is
   not well formed throws. */
export function parseXml(text) {
    const root = { name: "", children: [], text: "" };
    const stack = [root];
    const part = /<\?[^>]*\?>|<\/([\w:]+)>|<([\w:]+)((?:\s+[\w:]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
    let match;

    for (let at = 0; at < text.length; at = part.lastIndex) {
        match = part.exec(text);
        if (!match) {
            throw new Error(`no XML at ${at}: ${text.slice(at, at + 40)}`);
        }
        const [, ended, begun, words, alone, said] = match;
        if (ended && stack.pop().name !== ended) {
            throw new Error(`${ended} ends what it did not begin`);
        }
        if (begun) {
            const one = { name: begun, attributes: {}, children: [], text: "" };
            for (const [, name, value] of
                words.matchAll(/([\w:]+)="([^"]*)"/g)) {
                one.attributes[name] = plain(value);
            }
            stack.at(-1).children.push(one);
            if (!alone) {
                stack.push(one);
            }
        }
        if (said) {
            stack.at(-1).text += plain(said);
        }
    }
    if (stack.length !== 1 || root.children.length !== 1) {
        throw new Error("it does not end");
    }
    return root.children[0];
}


function all({ children }, name) {
    return children.filter((one) => one.name === name);
}


async function representationFaults(read, one, kind, seconds) {
    const faults = [];
    const { id, bandwidth, codecs } = one.attributes;
    const fault = (is, words) => is && faults.push(`${id}: ${words}`);
    const [url] = all(one, "BaseURL"), [base] = all(one, "SegmentBase");
    const file = await read(url.text);

    if (kind === "text") {
        fault(!file.toString().startsWith("WEBVTT"), "it is no WebVTT");
        return faults;
    }

    const { sidx, init, video, segments, timescale, entry } = track(file);
    const [head] = all(base, "Initialization");
    const end = (sidx.earliest + sidx.references
        .reduce((sum, { duration }) => sum + duration, 0)) / timescale;
    const rate = 8 * segments.reduce((sum, { size }) => sum + size, 0) / end;

    faults.push(...trackFaults(file).map((words) => `${id}: ${words}`));
    fault(video !== (kind === "video"), `it is no ${kind}`);
    fault(base.attributes.indexRange !== `${sidx.at}-${sidx.at + sidx.size - 1}`,
        `indexRange ${base.attributes.indexRange}`);
    fault(head?.attributes.range !== `0-${init - 1}`,
        `Initialization ${head?.attributes.range}`);
    fault(!codecs?.toLowerCase().startsWith(entry.toLowerCase()),
        `codecs ${codecs} of ${entry}`);
    fault(!(Number(bandwidth) >= Math.floor(rate)),
        `bandwidth ${bandwidth}, measured ${rate}`);
    fault(end > seconds + 0.002, `it lasts ${end} of ${seconds} s`);
    fault(kind === "video" && !(one.attributes.width && one.attributes.height),
        "no size");
    fault(kind === "video" && !/^\d+(\/\d+)?$/.test(one.attributes.frameRate),
        `frameRate ${one.attributes.frameRate}`);
    return faults;
}


/* Whether segments of all begin together, where the set says so. */
async function alignmentFaults(read, set) {
    const cuts = new Set();

    if (set.attributes.subsegmentAlignment !== "true") {
        return [];
    }
    for (const one of all(set, "Representation")) {
        const { segments, timescale } = track(
            await read(all(one, "BaseURL")[0].text));
        cuts.add(segments.slice(1)
            .map(({ first }) => (first / timescale).toFixed(1)).join());
    }
    return cuts.size > 1 ? [`set ${set.attributes.id} is not aligned`] : [];
}


/* Every file is read by `read(path)`, a path beside the manifest. Answers
   {faults, sets}; right is what has no faults. */
export async function checkDash(read, manifest) {
    const faults = [], ids = new Set();
    const fault = (is, words) => is && faults.push(words);
    const mpd = parseXml((await read(manifest)).toString());
    const { profiles, type, mediaPresentationDuration: length } = mpd.attributes;
    const seconds = Number(/^PT([\d.]+)S$/.exec(length)?.[1]);
    const [period] = all(mpd, "Period");
    const sets = all(period, "AdaptationSet");

    fault(mpd.attributes.xmlns !== "urn:mpeg:dash:schema:mpd:2011", "no MPD");
    fault(!profiles?.split(",").includes(PROFILE), `profiles are ${profiles}`);
    fault(type !== "static", `it is ${type}`);
    fault(!(seconds > 0), `it lasts ${length}`);
    fault(sets.length === 0, "no sets");

    for (const set of sets) {
        const { contentType: kind, mimeType } = set.attributes;

        fault(mimeType !== (kind === "text" ? "text/vtt" : `${kind}/mp4`),
            `${kind} is ${mimeType}`);
        fault(kind !== "text"
            && !/^[13]$/.test(set.attributes.subsegmentStartsWithSAP),
            `set ${set.attributes.id} begins with no SAP`);
        for (const one of all(set, "Representation")) {
            fault(ids.has(one.attributes.id), `two are ${one.attributes.id}`);
            ids.add(one.attributes.id);
            faults.push(...await representationFaults(read, one, kind, seconds));
        }
        if (kind !== "text") {
            faults.push(...await alignmentFaults(read, set));
        }
    }
    return { faults, sets };
}
