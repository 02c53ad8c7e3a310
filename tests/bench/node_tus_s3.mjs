/*
 * What teams take for tus into a bucket: @tus/server with @tus/s3-store, parts
 * of 8 MiB.
 *
 *     node node_tus_s3.mjs PORT ENDPOINT BUCKET ID SECRET
 */

import { createServer } from "node:http";

const FOLDER = process.env.PEERS;
const of = (name) => import(FOLDER
    ? `${FOLDER}/node_modules/@tus/${name}/dist/index.js` : `@tus/${name}`);
const { S3Store } = await of("s3-store");
const { Server } = await of("server");
const [port, endpoint, bucket, accessKeyId, secretAccessKey] =
    process.argv.slice(2);

const server = new Server({ path: "/files", datastore: new S3Store({
    partSize: 8 * 2 ** 20,
    s3ClientConfig: { bucket, endpoint, region: "us-east-1",
        forcePathStyle: true, credentials: { accessKeyId, secretAccessKey },
        /* this gateway does not know the checksums that the SDK has by itself */
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED" },
}) });

createServer((req, res) => server.handle(req, res))
    .listen({ port: Number(port), host: "127.0.0.1" });
