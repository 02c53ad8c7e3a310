/* A film as one file to take away: the original, and what it plays by. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { request, until } from "../lib/client.mjs";
import { maker, picture, sound, AAC, H264 } from "../lib/films.mjs";
import { run } from "../lib/run.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let stack, client, films, media;

before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
    films = maker(stack, client);
    media = await films.taken(await films.made("film.mp4", ...picture(4),
        ...sound(4), ...H264, ...AAC, "-metadata", "title=Ebbe & Flut/2",
        "-metadata:s:a:0", "language=ger"));
}, { timeout });

after(() => stack?.stop(), { timeout });


const top = (of = media) => `/api/media/${of.id}/downloads`;
const ask = (json, who = client, of = media) =>
    who.request("POST", top(of), { json });
const names = () => Object.fromEntries(media.links.renditions.map(
    ({ kind, name }) => [kind === "video" ? "rendition" : "sound", name]));

async function done(answer) {
    assert.equal(answer.status, 202, answer.text);
    await films.idle(media.id);
    return (await client.get(`${top()}/${answer.json.id}`)).json;
}

describe("downloads", { timeout }, () => {
    it("the original has the film's title", async () => {
        const { headers } = await request(media.links.original);

        assert.match(headers["content-disposition"],
            /^attachment; filename="Ebbe & Flut_2\.mp4"/);
    });

    it("a rendition is one well-formed file, with its index first",
        async () => {
            const one = await done(await ask(names()));
            const path = films.folder(media.id, "downloads", `${one.id}.mp4`);
            const { headers } = await request(one.links.file);
            const { stdout } = await run("ffprobe", ["-v", "error",
                "-show_entries", "stream=codec_type,start_time,duration:"
                    + "stream_tags=language:format_tags=title", "-of", "json", path]);
            const { streams, format } = JSON.parse(stdout);
            const { stderr } = await run("ffmpeg", ["-v", "error", "-i", path,
                "-f", "null", "-"]);
            const boxes = await run("ffprobe", ["-v", "trace", path]);

            assert.equal(one.state, "ready");
            assert.ok(one.bytes > 10_000);
            assert.match(headers["content-disposition"],
                /^attachment; filename="Ebbe & Flut_2 \(180p\)\.mp4"/);
            assert.deepEqual(streams.map(({ codec_type: type }) => type).sort(),
                ["audio", "video"]);
            streams.forEach((stream) => {
                assert.ok(Math.abs(stream.start_time) < 0.05);
                assert.ok(Math.abs(stream.duration - 4) < 0.1);
            });
            assert.equal(format.tags.title, "Ebbe & Flut/2");
            assert.equal(streams.find(({ codec_type: type }) =>
                type === "audio").tags.language, "deu");
            assert.equal(stderr, "");
            assert.ok(boxes.stderr.indexOf("type:'moov'")
                < boxes.stderr.indexOf("type:'mdat'"));
        });

    it("the same again is the same file", async () => {
        const first = await ask(names());
        const again = await ask(names());

        assert.equal(again.status, 200);
        assert.equal(again.json.id, first.json.id);
    });

    it("of a sound alone it is one, too", async () => {
        const one = await done(await ask({ sound: names().sound }));

        assert.equal(one.state, "ready");
        assert.equal(one.rendition, null);
    });

    it("what is not there is refused", async () => {
        for (const [json, field] of [
            [{}, "rendition"], [{ rendition: "v9" }, "rendition"],
            [{ rendition: names().sound }, "rendition"],
            [{ sound: 1 }, "sound"], [{ sound: "../x" }, "sound"],
        ]) {
            const answer = await ask(json);

            assert.equal(answer.status, 422, answer.text);
            assert.equal(answer.json.field, field);
        }
    });

    it("nobody has another's", async () => {
        const other = await stack.visitor("viewer");
        const mine = await ask(names());

        assert.equal((await ask(names(), other)).status, 404);
        assert.equal((await other.get(`${top()}/${mine.json.id}`)).status, 404);
        assert.equal((await other.delete(`${top()}/${mine.json.id}`)).status,
            404);
    });

    it("four of a user are there at once", async () => {
        await stack.sql("insert into sluice.downloads (id, media, user_id, "
            + "picture, expires_at, ready_at) select sluice.uuid_v7(), "
            + `'${media.id}', '${client.user.id}', 'x' || n, now() + interval `
            + "'1 day', now() from generate_series(1, 4) n");

        const answer = await ask({ rendition: names().rendition });

        assert.equal(answer.status, 429, answer.text);
        await stack.sql("delete from sluice.downloads where picture like 'x%'");
    });

    it("is gone when it is removed, and when its day is over", async () => {
        const one = (await ask(names())).json;
        const two = (await ask({ sound: names().sound })).json;
        const path = ({ id }) => films.folder(media.id, "downloads",
            `${id}.mp4`);

        await films.idle(media.id);
        assert.ok(existsSync(path(one)) && existsSync(path(two)));
        assert.equal((await client.delete(`${top()}/${one.id}`)).status, 204);
        assert.equal((await client.get(`${top()}/${one.id}`)).status, 404);
        await stack.sql("update sluice.downloads set expires_at = now()");
        await stack.sql("select queue.enqueue('expire')");
        await until("their files are gone", () => !existsSync(path(one))
            && !existsSync(path(two)));
        await until("their rows are", async () => await stack.sql(
            "select count(*) from sluice.downloads") === "0");
    });
});
