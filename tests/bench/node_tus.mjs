/*
 * What teams take for tus in Node: @tus/server with its store of files, below
 * /files; and below /durable the same with what Sluice does: the bytes are
 * hashed as they pass, and synced before the answer.
 *
 *     node node_tus.mjs PORT FOLDER
 */

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { Transform } from "node:stream";

import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [port, directory] = process.argv.slice(2);


class DurableStore extends FileStore {
    async write(readable, id, offset) {
        const hash = createHash("sha256");
        const hashing = new Transform({
            transform(chunk, _, done) {
                hash.update(chunk);
                done(null, chunk);
            },
        });

        readable.on("error", (error) => hashing.destroy(error));
        const size = await super.write(readable.pipe(hashing), id, offset);
        const file = await open(join(this.directory, id), "r+");

        await file.sync();
        await file.close();
        console.log(id, hash.digest("hex"));
        return size;
    }
}


const plain = new Server({ path: "/files",
    datastore: new FileStore({ directory }) });
const durable = new Server({ path: "/durable",
    datastore: new DurableStore({ directory }) });

createServer((req, res) => {
    (req.url.startsWith("/durable") ? durable : plain).handle(req, res);
}).listen({ port: Number(port), host: "127.0.0.1" });
