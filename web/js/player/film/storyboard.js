/* Small pictures of a film, one for each stretch of it: sprites, as WebVTT
   names them (#xywh=, Media Fragments). */

import { local } from "../../lib/call.js";
import { cues } from "../base/vtt.js";


/* link: of the WebVTT. Answers a function of seconds: {image, x, y, width,
   height}, or null where there is none, or not yet. */
export function storyboard(link, signal) {
    let tiles = [];

    read(local(link), signal).then((found) => {
        tiles = found;
    }, () => {});

    return (at) => tiles.find(({ end }) => at < end) ?? tiles.at(-1) ?? null;
}


async function read(url, signal) {
    const answer = await fetch(url, { signal, credentials: "same-origin" });

    if (!answer.ok) {
        return [];
    }
    return cues(await answer.text()).flatMap(({ end, text }) => {
        const [, file, ...area] = /^(.*)#xywh=(\d+),(\d+),(\d+),(\d+)/
            .exec(text) ?? [];
        const [x, y, width, height] = area.map(Number);

        return file === undefined ? []
            : [{ end, image: new URL(file, new URL(url, location.href)).href,
                 x, y, width, height }];
    });
}


/* Puts a tile into an element, as its background. */
export function drawTile(element, tile) {
    const { style } = element;

    element.hidden = tile === null;
    if (tile) {
        style.width = `${tile.width}px`;
        style.height = `${tile.height}px`;
        style.backgroundImage = `url("${tile.image}")`;
        style.backgroundPosition = `-${tile.x}px -${tile.y}px`;
    }
}
