/* Playlists of HLS against the files that they name: RFC 8216,
   draft-pantos-hls-rfc8216bis, and Apple's authoring specification where it
   applies to what is played on demand. */

import { posix } from "node:path";

import { track, trackFaults } from "./boxes.mjs";

const MEDIA_TAGS = ["EXT-X-VERSION", "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE", "EXT-X-PLAYLIST-TYPE", "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-I-FRAMES-ONLY", "EXT-X-MAP", "EXTINF", "EXT-X-BYTERANGE",
    "EXT-X-ENDLIST"];
const MASTER_TAGS = ["EXT-X-VERSION", "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-MEDIA", "EXT-X-STREAM-INF", "EXT-X-I-FRAME-STREAM-INF"];
const QUOTED = new Set(["URI", "BYTERANGE", "GROUP-ID", "NAME", "LANGUAGE",
    "CHARACTERISTICS", "CHANNELS", "CODECS", "SUPPLEMENTAL-CODECS", "AUDIO",
    "SUBTITLES"]);
const AVERAGE_OFF = 0.1;    /* Apple, 1.27: of what is measured */
const TARGET_APART = 0.5;   /* of a target duration, and past it */


/* {NAME: value}; what is no attribute list (RFC 8216, 4.2) throws. */
export function attributes(text) {
    const found = {};
    const one = /^([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)/;

    for (let rest = text, match; rest !== ""; rest = rest.slice(match[0].length)) {
        match = one.exec(rest);
        if (!match || match[1] in found) {
            throw new Error(`no list of attributes: ${text}`);
        }
        const quoted = match[2].startsWith('"');
        if (quoted !== QUOTED.has(match[1])) {
            throw new Error(`${match[1]} is quoted wrongly: ${text}`);
        }
        found[match[1]] = quoted ? match[2].slice(1, -1) : match[2];
    }
    return found;
}


/* [{tag, value}] and [{uri}] in their order. */
export function lines(text) {
    return text.split("\n").slice(0, -1).map((line) => {
        const tag = /^#(EXT[A-Z0-9-]*)(?::(.*))?$/.exec(line);
        return tag ? { tag: tag[1], value: tag[2] ?? "" } : { uri: line };
    });
}


function known(all, tags, faults) {
    for (const { tag, uri } of all) {
        if (tag ? !["EXTM3U", ...tags].includes(tag) : uri.startsWith("#")) {
            faults.push(`unexpected line: ${tag ?? uri}`);
        }
    }
    if (all[0]?.tag !== "EXTM3U") {
        faults.push("no EXTM3U at the beginning");
    }
}


/* {target, seconds, map, segments: [{seconds, size, at, uri}], tags} */
export function mediaPlaylist(text) {
    const read = { segments: [], tags: {} };
    let next = {};

    for (const { tag, value, uri } of lines(text)) {
        if (tag === "EXTINF") {
            next.seconds = Number(value.replace(/,$/, ""));
        } else if (tag === "EXT-X-BYTERANGE") {
            [next.size, next.at] = value.split("@").map(Number);
        } else if (tag === "EXT-X-MAP") {
            read.map = attributes(value);
        } else if (tag) {
            read.tags[tag] = value;
        } else {
            read.segments.push({ ...next, uri });
            next = {};
        }
    }
    read.target = Number(read.tags["EXT-X-TARGETDURATION"]);
    read.seconds = read.segments.reduce((sum, one) => sum + one.seconds, 0);
    return read;
}


/* Bits a second of the hungriest set of segments of 0.5 to 1.5 target
   durations (RFC 8216bis, 4.4.6.2), and of all of them. */
export function rates({ segments, target, seconds }) {
    const bits = (some) => 8 * some.reduce((sum, one) => sum + one.size, 0);
    let peak = bits(segments) / seconds;

    segments.forEach((_, from) => {
        for (let to = from + 1, length = 0; to <= segments.length; to++) {
            length += segments[to - 1].seconds;
            if (length > (1 + TARGET_APART) * target) {
                break;
            }
            if (length >= TARGET_APART * target) {
                peak = Math.max(peak, bits(segments.slice(from, to)) / length);
            }
        }
    });
    return { peak, average: bits(segments) / seconds };
}


/* A media playlist against its one file. */
function mediaFaults(text, file, name, keys) {
    const faults = [];
    const fault = (is, words) => is && faults.push(words);
    const all = lines(text), read = mediaPlaylist(text);
    const { segments, init, timescale } = track(file);
    let shown = 0;

    known(all, MEDIA_TAGS, faults);
    fault(all.at(-1)?.tag !== "EXT-X-ENDLIST", "no EXT-X-ENDLIST at the end");
    fault(!(Number(read.tags["EXT-X-VERSION"]) >= 6), "a version below 6");
    fault(read.tags["EXT-X-PLAYLIST-TYPE"] !== "VOD", "its type is not VOD");
    fault(keys !== ("EXT-X-I-FRAMES-ONLY" in read.tags), "I-frames or not?");
    fault(read.map?.URI !== name || read.map?.BYTERANGE !== `${init}@0`,
        `the map is ${JSON.stringify(read.map)} of ${init} bytes`);
    fault(read.segments.length !== segments.length,
        `${read.segments.length} segments of ${segments.length}`);
    fault(!segments.every((one) => one.samples[0].shown === one.first)
        && "EXT-X-INDEPENDENT-SEGMENTS" in read.tags,
        "segments are called independent that are not");

    read.segments.forEach((one, i) => {
        const made = segments[i], end = i + 1 < segments.length
            ? segments[i + 1].first / timescale : null;

        fault(one.uri !== name, `segment ${i} is of ${one.uri}`);
        fault(one.at !== made?.at || one.size !== (keys ? made?.key : made?.size),
            `segment ${i} is ${one.size}@${one.at}, not ${made?.size}@${made?.at}`);
        fault(Math.round(one.seconds) > read.target,
            `segment ${i} lasts ${one.seconds}, the target is ${read.target}`);
        shown += one.seconds;
        fault(end !== null && Math.abs(shown - end) > 2e-6 * (i + 1),
            `segment ${i} ends at ${shown}, not ${end}`);
    });
    return faults.map((words) => `${name}${keys ? " (I-frames)" : ""}: ${words}`);
}


/* What a variant or rendition names: the file, its playlists, its rates. */
async function followed(read, uri, faults, seen) {
    if (!seen.has(uri)) {
        const text = (await read(uri)).toString();
        const playlist = mediaPlaylist(text);
        const name = playlist.segments[0].uri;
        const found = { playlist, text: playlist.map === undefined, uri };

        if (!found.text) {
            const file = await read(posix.join(posix.dirname(uri), name));
            found.file = file;
            found.track = track(file);
            found.rates = rates(playlist);
            faults.push(...trackFaults(file).map((words) => `${name}: ${words}`),
                ...mediaFaults(text, file, name, false));
        }
        seen.set(uri, found);
    }
    return seen.get(uri);
}


function groupFaults(media) {
    const faults = [];
    const fault = (is, words) => is && faults.push(words);
    const groups = Map.groupBy
        ? Map.groupBy(media, (one) => `${one.TYPE} ${one["GROUP-ID"]}`)
        : media.reduce((map, one) => {
            const key = `${one.TYPE} ${one["GROUP-ID"]}`;
            return map.set(key, [...map.get(key) ?? [], one]);
        }, new Map());
    const members = (type) => new Set([...groups]
        .filter(([name]) => name.startsWith(type))
        .map(([, all]) => JSON.stringify(all.map(
            ({ URI: _u, CHANNELS: _c, "GROUP-ID": _g, ...rest }) => rest))));

    for (const [name, all] of groups) {
        const automatic = all.filter((one) => one.AUTOSELECT === "YES")
            .map((one) => [one.LANGUAGE, one.FORCED, one.CHARACTERISTICS].join());

        fault(new Set(all.map(({ NAME }) => NAME)).size !== all.length,
            `${name}: two members of one name`);
        fault(all.filter(({ DEFAULT }) => DEFAULT === "YES").length > 1,
            `${name}: two defaults`);
        fault(all.some((one) => one.DEFAULT === "YES" && one.AUTOSELECT !== "YES"),
            `${name}: a default that may not be chosen`);
        fault(new Set(automatic).size !== automatic.length,
            `${name}: members that cannot be told apart`);
    }
    fault(members("AUDIO").size > 1, "groups of sound with other members");
    return faults;
}


/* Every file is read by `read(path)`, a path beside the master. Answers
   {faults, variants, media, iframes}; right is what has no faults. */
export async function checkHls(read, master) {
    const faults = [], variants = [], media = [], iframes = [], seen = new Map();
    const fault = (is, words) => is && faults.push(words);
    const all = lines((await read(master)).toString());
    let next = null;

    known(all, MASTER_TAGS, faults);
    for (const { tag, value, uri } of all) {
        if (tag === "EXT-X-MEDIA") {
            media.push(attributes(value));
        } else if (tag === "EXT-X-STREAM-INF") {
            next = attributes(value);
        } else if (tag === "EXT-X-I-FRAME-STREAM-INF") {
            iframes.push(attributes(value));
        } else if (uri) {
            fault(next === null, `${uri} stands alone`);
            variants.push({ ...next, uri });
            next = null;
        }
    }
    faults.push(...groupFaults(media));
    fault(variants.length === 0, "no variants");

    for (const one of variants) {
        await variantFaults(read, one, media, fault, faults, seen);
    }
    for (const one of media) {
        if (one.URI) {
            const { text } = await followed(read, one.URI, faults, seen);
            fault(text !== (one.TYPE === "SUBTITLES"), `${one.URI}: ${one.TYPE}?`);
        }
        fault(one.TYPE === "AUDIO" && !one.CHANNELS, `${one.NAME}: no CHANNELS`);
    }
    for (const one of iframes) {
        await iframesFaults(read, one, fault, faults, seen);
    }
    fault(variants.some((one) => one.RESOLUTION
        && !iframes.some(({ URI }) => URI.replace(".iframes", "") === one.uri)),
        "a picture without a playlist of I-frames");
    return { faults, variants, media, iframes };
}


async function variantFaults(read, one, media, fault, faults, seen) {
    const main = await followed(read, one.uri, faults, seen);
    const members = media.filter((sound) => sound.TYPE === "AUDIO"
        && sound["GROUP-ID"] === one.AUDIO);
    const sounds = [];
    const codecs = one.CODECS?.split(",") ?? [];

    for (const { URI } of members.filter((sound) => sound.URI)) {
        sounds.push(await followed(read, URI, faults, seen));
    }
    const most = (name) => Math.max(0, ...sounds.map(({ rates: r }) => r[name]));
    const peak = main.rates.peak + (main.track.video ? most("peak") : 0);
    const average = main.rates.average
        + (main.track.video ? most("average") : 0);

    fault(one.AUDIO !== undefined && members.length === 0,
        `${one.uri}: no such group of sound`);
    fault(one.SUBTITLES !== undefined && !media.some((text) =>
        text.TYPE === "SUBTITLES" && text["GROUP-ID"] === one.SUBTITLES),
        `${one.uri}: no such group of subtitles`);
    fault(Number(one.BANDWIDTH) < Math.floor(peak),
        `${one.uri}: BANDWIDTH ${one.BANDWIDTH}, measured ${peak}`);
    fault(Number(one.BANDWIDTH) > 1.1 * peak + 2,
        `${one.uri}: BANDWIDTH ${one.BANDWIDTH} exceeds ${peak}`);
    fault(Math.abs(Number(one["AVERAGE-BANDWIDTH"]) - average)
        > AVERAGE_OFF * average,
        `${one.uri}: AVERAGE-BANDWIDTH ${one["AVERAGE-BANDWIDTH"]}, `
            + `measured ${average}`);
    fault(Number(one["AVERAGE-BANDWIDTH"]) > Number(one.BANDWIDTH),
        `${one.uri}: more on average than at most`);
    for (const { track: { entry } } of [main, ...sounds]) {
        fault(!codecs.some((codec) =>
            codec.toLowerCase().startsWith(entry.toLowerCase())),
            `${one.uri}: CODECS ${one.CODECS} without ${entry}`);
    }
    if (main.track.video) {
        fault(!one["FRAME-RATE"], `${one.uri}: no FRAME-RATE`);
        fault(!/^\d+x\d+$/.test(one.RESOLUTION ?? ""),
            `${one.uri}: no RESOLUTION`);
    }
}


async function iframesFaults(read, one, fault, faults, seen) {
    const main = seen.get(one.URI.replace(".iframes", ""));
    const text = (await read(one.URI)).toString();
    const { peak } = rates(mediaPlaylist(text));

    fault(!main, `${one.URI}: of no variant`);
    if (main) {
        faults.push(...mediaFaults(text, main.file,
            mediaPlaylist(text).segments[0].uri, true));
    }
    fault(Number(one.BANDWIDTH) < Math.floor(peak),
        `${one.URI}: BANDWIDTH ${one.BANDWIDTH}, measured ${peak}`);
}
