/* A disk and a clock on a bad day: what shim.c reads. */

import {
    chmodSync, closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync,
    writeSync,
} from "node:fs";
import { constants } from "node:os";
import { join, resolve } from "node:path";

const LIBRARY = resolve(new URL(".", import.meta.url).pathname,
    "../../build/faults/shim.so");
const FILES = 2n ** 18n;
const HASH = 0x9e3779b97f4a7c15n;

/* As shim_file_t has it: file, folder, name, durable, start. */
const FILE = 256;
const NAME = 16, DURABLE = 80, START = 88;

/* As shim_t has it, 8 bytes each. */
const FIELDS = ["write_errno", "sync_errno", "folder_errno", "odds",
    "delay_us", "clock_s", "writes_failed", "syncs_failed", "delayed",
    "clocks_read", "calls"];

/* What a file or folder is known by; from a stat with bigints. */
export const key = ({ dev, ino }) =>
    BigInt.asUintN(64, (dev << 48n | ino) + 1n);


export class Shim {
    constructor() {
        this.folder = mkdtempSync("/tmp/ss-");
        const path = join(this.folder, "control");

        this.file = openSync(path, "w+");
        /* the servers' user writes, too: what it counts */
        chmodSync(this.folder, 0o755);
        chmodSync(path, 0o666);
        ftruncateSync(this.file, 8 * FIELDS.length + FILE * Number(FILES));
        this.environment = { LD_PRELOAD: LIBRARY, SLUICE_SHIM: path };
    }

    get(name) {
        const value = Buffer.alloc(8);

        readSync(this.file, value, 0, 8, 8 * FIELDS.indexOf(name));
        return Number(value.readBigInt64LE());
    }

    /* From now on, in all processes: {write_errno: "EIO", clock_s: 3600}. */
    set(values) {
        for (const [name, given] of Object.entries(values)) {
            const value = Buffer.alloc(8);

            value.writeBigInt64LE(BigInt(constants.errno[given] ?? given));
            writeSync(this.file, value, 0, 8, 8 * FIELDS.indexOf(name));
        }
    }

    /* What was synced of a file or folder: {folder, name, durable, start}, or
       undefined. */
    synced(file) {
        const entry = Buffer.alloc(FILE);

        for (let place = BigInt.asUintN(64, file * HASH) >> 32n; ; place++) {
            readSync(this.file, entry, 0, FILE, 8 * FIELDS.length
                + FILE * Number(place % FILES));

            switch (entry.readBigUInt64LE()) {
            case 0n:
                return undefined;
            case file: {
                const durable = Number(entry.readBigInt64LE(DURABLE));

                return {
                    folder: entry.readBigUInt64LE(8),
                    name: entry.toString("latin1", NAME,
                        entry.indexOf(0, NAME)),
                    durable, start: entry.subarray(START, START + durable),
                };
            }
            }
        }
    }

    heal() {
        this.set({ write_errno: 0, sync_errno: 0, folder_errno: 0,
                   delay_us: 0, clock_s: 0 });
    }

    close() {
        closeSync(this.file);
        rmSync(this.folder, { recursive: true });
    }
}
