/*
 * What teams write for sign-in: fastify, argon2, pg and jose, a process for each
 * core, and a static file plugin behind the access token. The record is a table
 * of users and one of sessions, whose refresh token is replaced at each use.
 * Usage: node_accounts.mjs PORT ROOT KEYS DATABASE
 */

import cluster from "node:cluster";
import { createHash, createPrivateKey, createPublicKey, randomBytes,
         randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

import serveFiles from "@fastify/static";
import argon2 from "argon2";
import fastify from "fastify";
import { SignJWT, jwtVerify } from "jose";
import pg from "pg";

const [port, root, keys, connectionString] = process.argv.slice(2);
const CONNECTIONS = 8;

/* As ours: m=19 MiB, t=2, p=1. */
const NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIHRoZW0$"
    + "GmzkXhFZw3m0FQKpPkpv0f2TzvS0k2sVJgSi5sSfbQk";

const digest = (token) => createHash("sha256").update(token).digest();


async function serve() {
    const jwk = JSON.parse(readFileSync(keys)).keys
        .find(({ kty }) => kty === "EC");
    const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
    const publicKey = createPublicKey(privateKey);
    const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
    const app = fastify();

    pool.on("error", () => {});

    const tokens = async (user, session, refresh) => ({
        access_token: await new SignJWT({ sid: session, role: user.role })
            .setProtectedHeader({ alg: "ES256", kid: jwk.kid, typ: "at+jwt" })
            .setSubject(user.id).setIssuedAt().setExpirationTime("15m")
            .setJti(randomUUID()).sign(privateKey),
        token_type: "Bearer", expires_in: 900, refresh_token: refresh,
    });

    app.post("/api/sessions", async (request, reply) => {
        const { email, password } = request.body;
        const { rows: [user] } = await pool.query("select id, password, role "
            + "from peer.users where email = $1", [email.toLowerCase()]);

        if (!await argon2.verify(user?.password ?? NOBODY, password) || !user) {
            return reply.code(401).send();
        }

        const refresh = randomBytes(32).toString("base64url");
        const { rows: [session] } = await pool.query("insert into "
            + "peer.sessions (user_id, refresh, agent, address) "
            + "values ($1, $2, $3, $4) returning id", [user.id, digest(refresh),
            request.headers["user-agent"], request.ip]);

        return reply.code(201).send(await tokens(user, session.id, refresh));
    });

    app.post("/api/sessions/refresh", async (request, reply) => {
        const refresh = randomBytes(32).toString("base64url");
        const { rows: [session] } = await pool.query("update peer.sessions s "
            + "set refresh = $2, used_at = now(), address = $3 "
            + "from peer.users u where u.id = s.user_id and s.refresh = $1 "
            + "returning s.id, u.id as user_id, u.role", [
            digest(request.body.refresh_token), digest(refresh), request.ip]);

        return session === undefined ? reply.code(401).send()
            : tokens({ id: session.user_id, role: session.role }, session.id,
                refresh);
    });

    app.addHook("onRequest", async (request, reply) => {
        if (!request.url.startsWith("/media/")) {
            return;
        }
        try {
            await jwtVerify(request.headers.authorization.slice(7), publicKey,
                { algorithms: ["ES256"], typ: "at+jwt" });
        } catch {
            await reply.code(401).send();
        }
    });

    app.register(serveFiles, { root, immutable: true, maxAge: "365d" });
    await app.listen({ port: Number(port), host: "127.0.0.1" });
}


if (cluster.isPrimary) {
    for (let i = 0; i < availableParallelism(); i++) {
        cluster.fork();
    }
    process.on("SIGTERM", () => {
        Object.values(cluster.workers).forEach((worker) => worker.kill());
        process.exit();
    });
} else {
    await serve();
}
