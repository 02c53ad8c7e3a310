/* A film's owner brings subtitles, names them and takes them away. What the API
   does with them is asked elsewhere: here it is stood in for. */

import assert from "node:assert/strict";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { guessed } from "../../web/js/film/guess.js";
import { complaints, film, folder, open, PHONE, place } from "./harness.mjs";

const FILE = { name: "Tides.fr.sdh.srt", mimeType: "application/x-subrip",
               buffer: Buffer.from("1\n00:00:01,000 --> 00:00:02,000\nHé\n") };

let house, files, media;

before(async () => {
    house = await open();
    files = folder();
    media = await house.upload(film(join(files.path, "Tides.mp4"),
                                    { seconds: 3 }));
});

after(async () => {
    files?.remove();
    await house?.close();
});


/* An API that keeps subtitles, in front of the real one: {asked, files}, where
   asked are the requests that changed something. */
async function editing(options = {}) {
    const page = await house.page(options);
    const api = { asked: [], files: [] };
    const top = `/api/media/${media.id}`;

    function note(request) {
        const url = new URL(request.url());

        api.asked.push([request.method(), url.pathname,
                        Object.fromEntries(url.searchParams)]);
    }

    await page.route((url) => url.pathname === top, async (route) => {
        const answer = await route.fetch();
        const json = await answer.json();

        json.attachments = api.files;
        json.links.subtitles = [
            { name: "s1", language: "en", url: "/s1.vtt" },
            ...api.files.map(({ id, language: tag, purpose }) => ({
                name: `t${id}`, language: tag, purpose, url: "/t.vtt" }))];
        await route.fulfill({ response: answer, json });
    });
    await page.route((url) => url.pathname === "/api/media"
        && url.searchParams.has("role"), async (route) => {
        note(route.request());
        const { filename, language, purpose } = api.asked.at(-1)[2];

        api.files.push({ id: "f1", media: media.id, role: "subtitles", filename,
                         language, purpose, title: null, state: "ready",
                         encoding: "windows-1252",
                         links: {} });
        await route.fulfill({ status: 201, json: api.files.at(-1) });
    });
    await page.route((url) => url.pathname === `${top}/attachments/f1`,
        async (route) => {
            note(route.request());
            if (route.request().method() === "DELETE") {
                api.files = [];
                await route.fulfill({ status: 204 });
                return;
            }
            Object.assign(api.files[0], route.request().postDataJSON());
            await route.fulfill({ json: api.files[0] });
        });
    await page.goto(place(media));
    await page.getByRole("button", { name: /^(Edit subtitles|Modifier les)/ })
        .click();
    await page.locator("dialog.subtitles").waitFor();
    return { page, api };
}


const language = (page) => page.locator("dialog").getByLabel("Language");


test("a file's name tells language and purpose", () => {
    assert.deepEqual(["Tides.fr.srt", "Tides.pt-br.forced.vtt",
                      "Tides_en_SDH.ass", "It.was.here.srt", "Tides.srt"]
        .map(guessed), [
        { language: "fr", purpose: "" },
        { language: "pt-BR", purpose: "forced" },
        { language: "en", purpose: "hearing-impaired" },
        { language: "", purpose: "" },
        { language: "", purpose: "" },
    ]);
});


test("subtitles are brought with what is said of them", async () => {
    const { page, api } = await editing();

    await page.getByText("from the film itself").waitFor();
    await page.getByLabel("File (SRT, WebVTT or ASS)").setInputFiles(FILE);
    assert.deepEqual([await language(page).inputValue(),
                      await page.getByLabel("For whom").inputValue()],
                     ["fr", "hearing-impaired"]);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.locator("dialog").getByText("French (for the hard of hearing)")
        .waitFor();
    await page.getByText("Tides.fr.sdh.srt · windows-1252").waitFor();
    assert.equal(await page.getByText("from the film itself").count(), 1);

    assert.deepEqual(api.asked, [["POST", "/api/media", {
        filename: FILE.name, score: media.id, role: "subtitles",
        language: "fr", purpose: "hearing-impaired" }]]);
    assert.deepEqual(page.problems, []);
});


test("what is said of them is changed, and they are taken away", async () => {
    const { page, api } = await editing();

    await page.getByLabel("File (SRT, WebVTT or ASS)").setInputFiles(FILE);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("button", { name: /^Change French/ }).click();
    await language(page).first().selectOption("Occitan");
    await page.getByLabel("For whom").first().selectOption("Everybody");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".row-name", { hasText: /^Occitan$/ }).waitFor();
    assert.deepEqual([api.files[0].language, api.files[0].purpose,
                      api.files[0].title], ["oc", null, null]);

    await page.getByRole("button", { name: "Remove Occitan" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).last()
        .click();
    await page.locator(".row-name", { hasText: "Occitan" })
        .waitFor({ state: "detached" });
    assert.deepEqual(api.asked.at(-1).slice(0, 2),
        ["DELETE", `/api/media/${media.id}/attachments/f1`]);
});


test("a refusal is said in the form, and what was typed stays", async () => {
    const { page } = await editing();

    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("Choose a file first.").waitFor();
    await page.route((url) => url.searchParams.has("role"), (route) =>
        route.fulfill({ status: 422, json: {
            type: "urn:sluice:problem:field-invalid", status: 422,
            title: "A field is missing or wrong",
            detail: "No language is called so." } }));
    await page.getByLabel("File (SRT, WebVTT or ASS)").setInputFiles(FILE);
    await page.getByRole("button", { name: "Add", exact: true }).click();

    await page.getByRole("alert")
        .filter({ hasText: "No language is called so." }).waitFor();
    assert.equal(await language(page).inputValue(), "fr");
});


test("nothing is offered where the API has no subtitles", async () => {
    const page = await house.page();

    await page.route((url) => url.pathname === `/api/media/${media.id}`,
        async (route) => {
            const answer = await route.fetch();
            const json = await answer.json();

            delete json.links.subtitles;
            await route.fulfill({ response: answer, json });
        });
    await page.goto(place(media));
    await page.locator(".player-bar").waitFor();

    assert.equal(await page.locator(".actions .icon-captions").count(), 0);
});


for (const options of [{}, { size: PHONE, locale: "fr-FR" }]) {
    test(`axe finds nothing in them in ${options.locale ?? "English"}`,
        async () => {
            const { page } = await editing(options);

            assert.deepEqual(await complaints(page), []);
            assert.ok(await page.locator("dialog").evaluate(
                (dialog) => dialog.scrollWidth <= dialog.clientWidth));
        });
}
