import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { complaints, DESK, folder, open, PHONE, place, score } from "./harness.mjs";

let house, files, media, thick;

before(async () => {
    house = await open();
    files = folder();
    const path = join(files.path, "Study.pdf");
    writeFileSync(path, score(5));
    media = await house.upload(path);
    writeFileSync(join(files.path, "Thick.pdf"), score(12));
    thick = await house.upload(join(files.path, "Thick.pdf"));
});

after(async () => {
    files?.remove();
    await house?.close();
});


test("arrow keys turn the pages of a phone one by one", async () => {
    const page = await reader({ size: PHONE });

    await shows(page, ["Page 1 of 5"]);
    await page.keyboard.press("ArrowRight");
    await shows(page, ["Page 2 of 5"]);
    await page.keyboard.press("ArrowLeft");
    await shows(page, ["Page 1 of 5"]);
    await page.keyboard.press("ArrowLeft");
    await shows(page, ["Page 1 of 5"]);
    assert.deepEqual(page.problems, []);
});


test("a wide window shows two pages side by side", async () => {
    const page = await reader({ size: DESK });

    await shows(page, ["Page 1 of 5", "Page 2 of 5"]);
    await page.keyboard.press("ArrowRight");
    await shows(page, ["Page 3 of 5", "Page 4 of 5"]);
    await page.keyboard.press("End");
    await shows(page, ["Page 5 of 5"]);
    await page.keyboard.press("PageUp");
    await shows(page, ["Page 3 of 5", "Page 4 of 5"]);
});


test("a page is seen whole, in its own proportions", async () => {
    const page = await reader({ size: DESK });

    await shows(page, ["Page 1 of 5", "Page 2 of 5"]);
    const { ratio, inside } = await page.locator(".sheets img").first()
        .evaluate((img) => {
            const box = img.getBoundingClientRect();
            return {
                ratio: img.naturalWidth / img.naturalHeight,
                inside: box.top >= 0 && box.bottom <= innerHeight
                    && getComputedStyle(img).objectFit === "contain",
            };
        });
    assert.ok(Math.abs(ratio - 595 / 842) < 0.01, String(ratio));
    assert.ok(inside);
});


test("a tap on either side and a swipe turn the page", async () => {
    const page = await reader({ size: PHONE, hasTouch: true });
    const wire = await page.context().newCDPSession(page);
    const touch = (type, points) => wire.send("Input.dispatchTouchEvent",
                                              { type, touchPoints: points });

    await shows(page, ["Page 1 of 5"]);
    await page.touchscreen.tap(330, 400);
    await shows(page, ["Page 2 of 5"]);
    await page.touchscreen.tap(30, 400);
    await shows(page, ["Page 1 of 5"]);

    await touch("touchStart", [{ x: 280, y: 400 }]);
    for (const x of [240, 200, 150, 100]) {
        await touch("touchMove", [{ x, y: 400 }]);
    }
    await touch("touchEnd", []);
    await shows(page, ["Page 2 of 5"]);
});


test("thumbnails and the page number lead to any page", async () => {
    const page = await reader({ size: PHONE });

    await page.getByRole("button", { name: "Overview of pages" }).click();
    await page.getByRole("button", { name: "Page 4 of 5" }).click();
    await shows(page, ["Page 4 of 5"]);
    assert.ok(await page.locator(".thumbs [aria-current] img").evaluate(
        async (img) => {
            await img.decode();
            return img.src.includes("0004.thumb.png");
        }));

    await page.getByLabel("Go to page").fill("2");
    await page.keyboard.press("Enter");
    await shows(page, ["Page 2 of 5"]);
});


test("the page field shows all of a spread", async () => {
    const page = await house.page({ size: DESK });

    await page.goto(place(thick));
    await shows(page, ["Page 1 of 12", "Page 2 of 12"]);
    await page.keyboard.press("End");
    const field = page.getByLabel("Go to page");
    await page.waitForFunction(() => document.querySelector("#page").value
        === "11–12");

    assert.ok(await field.evaluate(
        ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
});


test("the overview opens where one is", async () => {
    const page = await house.page({ size: PHONE });

    await page.goto(place(thick));
    await page.locator(".sheets img").waitFor();
    await page.keyboard.press("End");
    await page.getByRole("button", { name: "Overview of pages" }).click();
    const current = page.getByRole("button", { name: "Page 12 of 12" });

    await current.locator("img").evaluate((img) => img.decode());
    const { y, height } = await current.boundingBox();
    assert.ok(y > 0 && y + height <= PHONE.height + 1, String(y));
});


test("a page can be looked at larger, and moved by keys", async () => {
    const page = await reader({ size: DESK });
    const frame = page.locator(".score-frame");

    await shows(page, ["Page 1 of 5", "Page 2 of 5"]);
    await page.getByRole("button", { name: "Larger" }).click();
    await page.getByRole("button", { name: "Larger" }).click();
    await page.waitForFunction(() => {
        const { scrollHeight, clientHeight } = document.querySelector(
            ".score-frame");
        return Math.round(10 * scrollHeight / clientHeight) === 15;
    });

    await page.keyboard.press("PageUp");
    assert.equal(await frame.evaluate((element) => element.scrollTop), 0);
    await page.keyboard.press("PageDown");
    assert.ok(await frame.evaluate((element) => element.scrollTop) > 0);
    await page.keyboard.press("ArrowRight");
    await shows(page, ["Page 3 of 5", "Page 4 of 5"]);
    assert.deepEqual(await complaints(page), []);
});


test("by half pages the next one begins above the end of this one",
     async () => {
    const page = await reader({ size: PHONE });
    const half = () => page.locator(".sheets").getAttribute("data-open");

    await page.getByRole("button", { name: "Turn by half pages" }).click();
    await shows(page, ["Page 1 of 5"]);
    await page.keyboard.press("ArrowRight");
    await shows(page, ["Page 1 of 5", "Page 2 of 5"]);
    assert.equal(await half(), "half");
    await page.keyboard.press("ArrowRight");
    await shows(page, ["Page 2 of 5"]);
    assert.equal(await half(), "1");
});


test("in full screen the pages have all of it, and the bar comes when asked",
     async () => {
    const page = await reader({ size: DESK });
    const bar = (shown) => page.waitForFunction((wanted) => {
        const { bottom } = document.querySelector(".reader-bar")
            .getBoundingClientRect();
        return wanted === (bottom > 0);
    }, shown);

    await shows(page, ["Page 1 of 5", "Page 2 of 5"]);
    await page.getByRole("button", { name: "Full screen" }).click();
    await page.waitForFunction(() => document.fullscreenElement);
    await bar(false);
    await page.mouse.click(DESK.width / 2, DESK.height / 2);
    await bar(true);
    await page.mouse.click(DESK.width / 2, DESK.height / 2);
    await bar(false);
    await page.keyboard.press("ArrowRight");
    await shows(page, ["Page 3 of 5", "Page 4 of 5"]);
});


test("the next page is fetched before it is wanted", async () => {
    const page = await house.page({ size: PHONE });
    const next = page.waitForResponse(
        (answer) => new URL(answer.url()).pathname.endsWith("/0002.png"));

    await page.goto(place(media));
    await shows(page, ["Page 1 of 5"]);

    assert.equal((await next).status(), 200);
});


test("a score opens at the page where it was left", async () => {
    const page = await reader({ size: PHONE });

    await page.keyboard.press("End");
    await shows(page, ["Page 5 of 5"]);
    await page.reload();

    await shows(page, ["Page 5 of 5"]);
});


test("pages whose links have ended are fetched with new ones", async () => {
    const page = await house.page({ size: PHONE });

    let refused = 0;

    await page.route((url) => url.pathname.endsWith("/0001.png"), (route) => {
        refused++;
        return route.fulfill({ status: 410 });
    }, { times: 1 });
    await page.goto(place(media));

    await shows(page, ["Page 1 of 5"]);
    assert.equal(refused, 1);
});


async function reader(options) {
    const page = await house.page(options);

    await page.goto(place(media));
    await page.getByRole("heading", { name: "Study" }).waitFor();
    return page;
}


/* The open pages, by what is said of them, once their pictures are there. */
function shows(page, wanted) {
    return page.waitForFunction((names) => {
        const images = [...document.querySelectorAll(".sheets img")];
        return images.length === names.length && images.every(
            (img, index) => img.alt === names[index] && img.complete
                && img.naturalWidth > 0);
    }, wanted);
}
