/* A small file system of one's own, where root may mount one. */

import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmdirSync } from "node:fs";

const ROOM = 2 * 2 ** 30;       /* bytes, when it is not full */


export class Disk {
    /* One that is mounted, or null. */
    static mount() {
        const path = mkdtempSync("/tmp/sd-");
        const disk = new Disk(path);

        if (process.getuid() !== 0 || !disk.mount(["-t", "tmpfs", "-o",
            `mode=755,size=${ROOM}`, "sluice-faults"])) {
            rmdirSync(path);
            return null;
        }
        chmodSync(path, 0o755);
        process.on("exit", () => disk.unmount());
        return disk;
    }

    constructor(path) {
        this.path = path;
    }

    mount(words) {
        return spawnSync("mount", [...words, this.path]).status === 0;
    }

    /* Throws when there is more in it by now. */
    resize(bytes) {
        if (!this.mount(["-o", `remount,size=${bytes}`])) {
            throw new Error("the disk cannot become as small");
        }
    }

    grow() {
        this.resize(ROOM);
    }

    unmount() {
        if (this.path && spawnSync("umount", [this.path]).status === 0) {
            rmdirSync(this.path);
            this.path = null;
        }
    }
}
