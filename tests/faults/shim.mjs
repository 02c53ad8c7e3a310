/* A disk and a clock on a bad day: what shim.c reads. */

import {
    chmodSync, closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync,
    writeSync,
} from "node:fs";
import { constants } from "node:os";
import { join, resolve } from "node:path";

const LIBRARY = resolve(new URL(".", import.meta.url).pathname,
    "../../build/faults/shim.so");
const FILES = 8192;

/* As shim_t has it, 8 bytes each. */
const FIELDS = ["write_errno", "sync_errno", "folder_errno", "odds",
    "delay_us", "clock_s", "writes_failed", "syncs_failed", "delayed",
    "clocks_read", "calls"];


export class Shim {
    constructor() {
        this.folder = mkdtempSync("/tmp/ss-");
        const path = join(this.folder, "control");

        this.file = openSync(path, "w+");
        /* the servers' user writes, too: what it counts */
        chmodSync(this.folder, 0o755);
        chmodSync(path, 0o666);
        ftruncateSync(this.file, 8 * (FIELDS.length + 2 * FILES));
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

    heal() {
        this.set({ write_errno: 0, sync_errno: 0, folder_errno: 0,
                   delay_us: 0, clock_s: 0 });
    }

    close() {
        closeSync(this.file);
        rmSync(this.folder, { recursive: true });
    }
}
