/*
 * What teams write when nginx cannot check a token: fastify, jose, and a static
 * file plugin that knows ranges. Usage: node_gate.mjs PORT ROOT KEYS
 */

import { createSecretKey } from "node:crypto";
import { readFileSync } from "node:fs";

import serveFiles from "@fastify/static";
import fastify from "fastify";
import { jwtVerify } from "jose";

const [port, root, keys] = process.argv.slice(2);
const key = JSON.parse(readFileSync(keys)).keys
    .find(({ kty }) => kty === "oct");
const secret = createSecretKey(Buffer.from(key.k, "base64url"));

const app = fastify();

app.addHook("onRequest", async (request, reply) => {
    try {
        const { payload } = await jwtVerify(request.query.grant, secret,
            { algorithms: ["HS256"], typ: "grant+jwt" });

        if (!request.url.startsWith(payload.path)) {
            return reply.code(403).send();
        }
    } catch {
        return reply.code(403).send();
    }
});

app.register(serveFiles, { root, immutable: true, maxAge: "365d" });

await app.listen({ port: Number(port), host: "127.0.0.1" });
