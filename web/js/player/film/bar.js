/* The bar of a film: its seek bar, and the buttons below it. */

import { h, refresh } from "../../lib/dom.js";
import { clock, t } from "../../lib/language.js";
import { control, playControl, volumeControl } from "../base/control.js";
import { screenButtons } from "../base/elsewhere.js";
import { menuButton } from "../base/menu.js";
import { seekBar } from "./seek.js";
import { settingRows, textRows } from "./settings.js";
import { canBeSmall, isFull, toggleFull, toggleSmall } from "./window.js";


/* player: see film.js. Answers {element, update}; update() follows what there
   is to choose from, and the language. */
export function filmBar(player, signal) {
    const { element, stage, texts } = player;
    const seek = seekBar(element, player, signal);
    const play = playControl(element);
    const volume = volumeControl(element);
    const time = h("span", { class: "player-time" },
        () => `${clock(element.currentTime)} / ${clock(player.length())}`);
    const chapter = h("span", { class: "player-chapter", dir: "auto" },
        () => player.parts()?.name(element.currentTime) ?? "");
    const step = (name, symbol, key) => control({
        name, symbol: () => symbol, label: () => t(key),
        act: () => player.parts()[name](),
    });
    const previous = step("previous", "previous", "player.chapter-previous");
    const next = step("next", "next", "player.chapter-next");
    const list = menuButton({ name: "chapters", symbol: "chapters",
                              label: () => t("player.chapters"),
                              rows: () => player.parts()?.rows() ?? [] });
    const subtitles = menuButton({ name: "subtitles", symbol: "captions",
                                   label: () => t("player.subtitles"),
                                   rows: () => textRows(player) });
    const settings = menuButton({ name: "settings", symbol: "gear",
                                  label: () => t("player.settings"),
                                  rows: () => settingRows(player) });
    const small = control({
        name: "small", symbol: () => "pip", label: () => t("player.small"),
        act: () => toggleSmall(element),
    });
    const full = control({
        name: "full", symbol: () => (isFull(stage) ? "shrink" : "expand"),
        label: () => t(isFull(stage) ? "player.leave-full" : "player.full"),
        act: () => toggleFull(stage, element),
    });
    const all = [play, previous, next, list, volume, subtitles, settings, small,
                 full];
    const bar = h("div", { class: "player-bar" }, seek.element,
        h("div", { class: "player-buttons" },
          play.element, previous.element, next.element, volume.element, time,
          chapter, h("span", { class: "player-space" }), list.element,
          subtitles.element, settings.element,
          screenButtons(element, signal), small.element, full.element));

    function tick() {
        refresh(time);
        refresh(chapter);
    }

    function update() {
        const parts = player.parts();

        for (const { element: part } of [previous, next, list]) {
            part.hidden = parts === null;
        }
        subtitles.element.hidden = texts.listed().length === 0;
        subtitles.element.classList.toggle("on", texts.chosen() !== null);
        small.element.hidden = !canBeSmall(element);
        all.forEach((one) => one.update());
        refresh(seek.element);
        seek.update();
        tick();
    }

    for (const event of ["play", "pause", "ended", "seeked", "loadeddata"]) {
        element.addEventListener(event, play.update, { signal });
    }
    for (const event of ["timeupdate", "seeking", "durationchange"]) {
        element.addEventListener(event, tick, { signal });
    }
    element.addEventListener("volumechange", volume.update, { signal });
    element.addEventListener("resize", settings.update, { signal });
    document.addEventListener("fullscreenchange", full.update, { signal });

    return { element: bar, update };
}
