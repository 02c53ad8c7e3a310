/* One user with every trick that he has, in a process of his own:
   node hostile.mjs '{"url", "email", "password", "picture"}'. He says "ready"
   when each has been tried once, and goes on until he is killed. */

import { setTimeout as pause } from "node:timers/promises";

import { Client, request } from "./client.mjs";
import { pdf } from "./files.mjs";
import { gapped } from "./matroska.mjs";

const YEAR = 31_622_400;        /* seconds */
const { url, email, password, picture } = JSON.parse(process.argv[2]);

const me = await Client.signIn(url, email, password);
const paper = (title) => pdf({ info: `/Title (${title})` });
const tus = { "Tus-Resumable": "1.0.0" };
let count = 0;


/* Attributes that each element is given: minutes of a parser's time. */
const bomb = () => {
    const attributes = Array.from({ length: 20_000 },
        (_, i) => `a${i} CDATA "v"`).join(" ");

    return "<!DOCTYPE score-partwise [<!ATTLIST x "
        + `${attributes}>]><score-partwise version="4.0">`
        + `${"<x/>".repeat(20_000 + count)}</score-partwise>`;
};

const tricks = {
    films: () => me.upload(gapped(Buffer.from(picture, "base64"),
        1000 + count), "gap.mkv"),

    bombs: () => me.upload(bomb(), "bomb.musicxml"),

    reservations: () => me.request("POST", "/api/uploads", {
        headers: { ...tus, "Upload-Length": "21474836480" } }),

    async links() {
        const { json } = await me.request("POST", "/api/links", { json: {
            links: Array.from({ length: 200 }, () => ({
                path: "/media/none", uses: 1000, expires_in: YEAR })) } });

        for (const { url: link } of json?.links?.slice(0, 50) ?? []) {
            await request(link, { method: "HEAD" });
        }
    },

    async revocations() {
        const other = await Client.signIn(url, email, password);

        await other.request("POST", "/api/links", { json: {
            path: "/media/none", sid: other.session.sid, expires_in: YEAR } });
        await other.delete("/api/sessions/current");
    },

    async attachments() {
        const answer = await me.upload(paper(count), "s.pdf");

        for (let i = 0; i < 10 && answer.status === 201; i++) {
            await me.request("POST", `/api/media?filename=a.pdf&score=${
                answer.json.id}`, { body: paper(`${count} ${i}`) });
        }
        await me.get("/api/media");
    },

    names: () => me.request("POST", "/api/media?filename=a%C2%85b.pdf",
        { body: paper(`c1 ${count}`) }),

    flood: () => Promise.all(Array.from({ length: 8 }, (_, i) =>
        me.upload(paper(`flood ${count} ${i}`), "f.pdf"))),
};


/* What is refused is refused: he goes on with the next. */
async function again(trick) {
    count++;
    await trick().catch(() => {});
}

for (const trick of Object.values(tricks)) {
    await again(trick);
}
process.stdout.write("ready\n");

await Promise.all(Object.values(tricks).map(async (trick) => {
    for (;;) {
        await again(trick);
        await pause(20);
    }
}));
