/* What teams take for tus in Node: @tus/server with its store of files.
   Usage: node_tus.mjs PORT FOLDER */

import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [port, directory] = process.argv.slice(2);

new Server({ path: "/files", datastore: new FileStore({ directory }) })
    .listen({ port: Number(port), host: "127.0.0.1" });
