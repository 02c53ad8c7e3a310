/* Uploads that are measured: files, how they are sent, and what nginx's memory
   grows by meanwhile. */

import { once } from "node:events";
import { closeSync, createWriteStream, openSync, writeFileSync, writeSync }
    from "node:fs";

import { run } from "../http/lib/run.mjs";
import { memory } from "../http/lib/stack.mjs";

const MIB = 2 ** 20;
const SEND = new URL("../../build/bench/send", import.meta.url).pathname;


/* Another file each time: the same one is taken in once. */
export class Source {
    constructor(path, size) {
        this.path = path;
        this.size = size;
    }

    async make() {
        const out = createWriteStream(this.path);
        const piece = Buffer.alloc(MIB, "a film's bytes, ");

        for (let at = 0; at < this.size; at += MIB) {
            if (!out.write(piece.subarray(0, this.size - at))) {
                await once(out, "drain");
            }
        }
        out.end();
        await once(out, "close");
    }

    renew() {
        const fd = openSync(this.path, "r+");

        writeSync(fd, `${this.path} ${process.hrtime.bigint()} `, 0);
        closeSync(fd);
    }
}


/* One request with the file as body; answers head and body. */
export async function send(source, method, url, headers) {
    const { port, pathname, search } = new URL(url);
    const { stdout } = await run(SEND, [source.path, port, method,
        pathname + search, ...Object.entries(headers).map(
            ([name, value]) => `${name}: ${value}`)]);

    return stdout;
}


/* The same in tus's two requests; answers the upload's id. */
export async function tus(source, url, headers) {
    const all = { ...headers, "Tus-Resumable": "1.0.0" };
    const answer = await fetch(url, { method: "POST",
        headers: { ...all, "Upload-Length": String(source.size) } });
    const location = new URL(answer.headers.get("location"), url);

    await send(source, "PATCH", location.href, { ...all, "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream" });
    return location.pathname.split("/").at(-1);
}


/* By how many bytes nginx's workers are larger for each upload, at their
   largest and afterwards. */
export async function growth(workers, row, sources) {
    const sum = (name) => workers.reduce((n, pid) => n + memory(pid, name), 0);

    sources.forEach((source) => source.renew());
    /* proc(5), clear_refs: the peak begins anew */
    workers.forEach((pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5"));

    const before = sum("VmRSS");
    await Promise.all(sources.map((source, i) =>
        row.bring(source, `${i}.mp4`)));

    return { peak: (sum("VmHWM") - before) / sources.length,
             after: (sum("VmRSS") - before) / sources.length };
}


export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;

    return sorted.length % 2 ? sorted[middle]
        : (sorted[middle - 1] + sorted[middle]) / 2;
}


export const cell = (value, width) => value.toFixed(2).padStart(width);
