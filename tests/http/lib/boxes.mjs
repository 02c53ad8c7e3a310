/* Track files, box by box (ISO/IEC 14496-12 and 23000-19): what is in one, and
   what is wrong with it. */

const CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "dinf", "stbl",
                            "mvex", "moof", "traf", "edts"]);
const NON_SYNC = 0x10000;
const BRANDS = ["cmfc", "iso6", "dash"];


/* Boxes of a buffer, those of containers with what is in them. */
export function boxes(buffer, at = 0, end = buffer.length) {
    const found = [];

    while (at < end) {
        let size = buffer.readUInt32BE(at), head = 8;
        const type = buffer.toString("latin1", at + 4, at + 8);

        if (size === 1) {
            size = Number(buffer.readBigUInt64BE(at + 8));
            head = 16;
        }
        if (size < head || at + size > end) {
            throw new Error(`the box ${type} at ${at} does not fit`);
        }
        found.push({
            type, at, size, head, body: buffer.subarray(at + head, at + size),
            inside: CONTAINERS.has(type)
                ? boxes(buffer, at + head, at + size) : [],
        });
        at += size;
    }
    return found;
}


/* The first box by a path such as "moov/trak/tkhd"; undefined: none. */
export function find(list, path) {
    const [type, ...rest] = path.split("/");
    const box = list.find((one) => one.type === type);

    return rest.length === 0 || !box ? box : find(box.inside, rest.join("/"));
}


function tfhd({ body }) {
    const flags = body.readUInt32BE(0) & 0xffffff;
    const read = { relative: (flags & 0x20000) !== 0 };
    let at = 8;

    for (const [flag, name, size] of [[1, "base", 8], [2, "entry", 4],
        [8, "duration", 4], [16, "size", 4], [32, "flags", 4]]) {
        if (flags & flag) {
            read[name] = size === 4 ? body.readUInt32BE(at)
                                    : Number(body.readBigUInt64BE(at));
            at += size;
        }
    }
    return read;
}


function trun({ body }, defaults) {
    const version = body[0], flags = body.readUInt32BE(0) & 0xffffff;
    const samples = [];
    let at = 8, offset = null, first = null;
    const word = () => body.readUInt32BE((at += 4) - 4);

    if (flags & 1) {
        offset = word() | 0;
    }
    if (flags & 4) {
        first = word();
    }
    for (let i = 0; i < body.readUInt32BE(4); i++) {
        samples.push({
            duration: flags & 0x100 ? word() : defaults.duration,
            size: flags & 0x200 ? word() : defaults.size,
            flags: flags & 0x400 ? word()
                : i === 0 && first !== null ? first : defaults.flags,
            composition: !(flags & 0x800) ? 0
                : version === 0 ? word() : word() | 0,
        });
    }
    return { offset, samples };
}


function sidx({ body, at, size }) {
    const wide = body[0] === 1;
    const number = (i) => wide ? Number(body.readBigUInt64BE(12 + 8 * i))
                               : body.readUInt32BE(12 + 4 * i);
    const start = wide ? 28 : 20;
    const references = [];

    for (let i = 0; i < body.readUInt16BE(start + 2); i++) {
        const p = start + 4 + 12 * i;
        references.push({
            isIndex: body[p] >> 7 === 1,
            size: body.readUInt32BE(p) & 0x7fffffff,
            duration: body.readUInt32BE(p + 4),
            startsWithSap: body[p + 8] >> 7 === 1,
            sap: body[p + 8] >> 4 & 7,
        });
    }
    return { at, size, timescale: body.readUInt32BE(8), earliest: number(0),
             first: at + size + number(1), references };
}


/* A moof and its mdat. */
function segment(moof, mdat) {
    const traf = find([moof], "moof/traf");
    const defaults = tfhd(find(traf.inside, "tfhd"));
    const runs = traf.inside.filter(({ type }) => type === "trun")
        .map((box) => trun(box, defaults));
    const samples = runs.flatMap((run) => run.samples);
    const decoded = Number(find(traf.inside, "tfdt").body.readBigUInt64BE(4));
    let at = decoded;

    for (const sample of samples) {
        sample.decoded = at;
        sample.shown = at + sample.composition;
        sample.sync = (sample.flags & NON_SYNC) === 0;
        at += sample.duration;
    }
    return {
        at: moof.at, size: moof.size + mdat.size, samples, decoded, until: at,
        bytes: mdat.size - mdat.head, relative: defaults.relative,
        offsets: runs.map(({ offset }) => offset),
        data: moof.size + mdat.head,
        first: Math.min(...samples.slice(0, 64).map(({ shown }) => shown)),
        key: moof.size + mdat.head + samples[0].size,
    };
}


/* {video, timescale, init, sidx, segments, top, width, height, entry} */
export function track(buffer) {
    const top = boxes(buffer);
    const trak = find(top, "moov/trak");
    const mdhd = find(trak.inside, "mdia/mdhd").body;
    const tkhd = find(trak.inside, "tkhd").body;
    const segments = [];

    top.forEach((box, i) => {
        if (box.type === "moof") {
            segments.push(segment(box, top[i + 1]));
        }
    });
    return {
        top, segments, sidx: sidx(find(top, "sidx")),
        video: find(trak.inside, "mdia/hdlr").body
            .toString("latin1", 8, 12) === "vide",
        timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
        init: find(top, "sidx").at,
        width: tkhd.readUInt32BE(tkhd.length - 8) / 65536,
        height: tkhd.readUInt32BE(tkhd.length - 4) / 65536,
        entry: find(trak.inside, "mdia/minf/stbl/stsd").body
            .toString("latin1", 12, 16),
    };
}


function headFaults(top) {
    const faults = [];
    const fault = (is, text) => is && faults.push(text);
    const types = top.map(({ type }) => type).join(" ");
    const brands = find(top, "ftyp").body.toString("latin1", 8);
    const stsd = find(top, "moov/trak/mdia/minf/stbl/stsd");

    fault(!/^ftyp moov sidx( moof mdat)+$/.test(types), `boxes are ${types}`);
    for (const brand of BRANDS) {
        fault(!brands.includes(brand), `the brand ${brand} is missing`);
    }
    fault(find(top, "moov/trak/edts"), "there is an edit list");
    fault(find(top, "moov").inside.filter(({ type }) => type === "trak")
        .length !== 1, "it has not one track");
    fault(!find(top, "moov/mvex/trex"), "there is no trex");
    fault(stsd?.body.readUInt32BE(4) !== 1, "it has not one sample entry");
    fault(stsd?.body.includes("btrt"), "there is a btrt");
    return faults;
}


function segmentFaults(one, i, before, video) {
    const faults = [];
    const fault = (is, text) => is && faults.push(`segment ${i}: ${text}`);

    fault(!one.relative, "its offsets do not count from its moof");
    fault(one.offsets.length !== 1 || one.offsets[0] !== one.data,
        `its samples begin at ${one.offsets} of ${one.data}`);
    fault(one.samples.reduce((sum, { size }) => sum + size, 0) !== one.bytes,
        "its samples do not fill its mdat");
    fault(!one.samples[0].sync, "it begins with no sync sample");
    fault(before && one.decoded !== before.until,
        `it is decoded at ${one.decoded}, what is before until ${before?.until}`);
    fault(before && one.at !== before.at + before.size, "bytes lie before it");
    fault(one.samples.some(({ duration }) => duration === 0),
        "a sample lasts no time");
    fault(one.samples.some(({ composition }) => composition < 0),
        "a sample is decoded later than it is shown");
    fault(!video && one.samples.some(({ composition, sync }) =>
        composition !== 0 || !sync), "sound has an order of its own");
    return faults;
}


/* The index against what it is an index of. */
function indexFaults({ sidx: index, segments, timescale }) {
    const faults = [];
    const fault = (is, text) => is && faults.push(`sidx: ${text}`);
    const last = segments.at(-1);

    fault(index.timescale !== timescale, "it has a clock of its own");
    fault(index.first !== segments[0].at, "it does not begin at the first moof");
    fault(index.earliest !== segments[0].first,
        `it begins at ${index.earliest}, the first sample at ${segments[0].first}`);
    fault(index.references.length !== segments.length,
        `${index.references.length} references, ${segments.length} segments`);

    index.references.forEach((reference, i) => {
        const one = segments[i], next = segments[i + 1];
        const closed = one?.samples[0].shown === one?.first;

        fault(reference.isIndex, `${i} refers to an index`);
        fault(reference.size !== one?.size, `${i} has another size`);
        fault(next && reference.duration !== next.first - one.first,
            `${i} lasts ${reference.duration}, not ${next?.first - one?.first}`);
        fault(!reference.startsWithSap || reference.sap !== (closed ? 1 : 3),
            `${i} has a SAP of type ${reference.sap}`);
    });
    fault(last && index.earliest + index.references
        .reduce((sum, { duration }) => sum + duration, 0)
        <= Math.max(...last.samples.slice(-64).map(({ shown }) => shown)),
        "it ends before the last sample does");
    return faults;
}


/* All that is wrong with a track file, in sentences. */
export function trackFaults(buffer) {
    const read = track(buffer);
    const { segments, video } = read;

    return [
        ...headFaults(read.top),
        ...segments.flatMap((one, i) =>
            segmentFaults(one, i, segments[i - 1], video)),
        ...indexFaults(read),
        ...(segments[0].decoded !== segments[0].samples[0].shown
            && segments[0].samples[0].shown === segments[0].first
            ? ["the first sample is decoded before it is shown"] : []),
    ];
}
