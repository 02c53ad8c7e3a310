/* What can be chosen of a film: quality, sound, subtitles, speed. */

import { percent, t } from "../../lib/language.js";
import { choose } from "../base/choices.js";
import { offRow } from "../base/menu.js";
import { qualityName, trackName } from "../base/names.js";
import { speedName, speedRows } from "../base/speeds.js";
import { making } from "./making.js";


/*
 * The rows of the settings' menu. player: {element, engine, texts, media()},
 * and extra(), which answers further rows.
 */
export function settingRows(player) {
    const { driver } = player.engine;
    const rows = [];

    if (driver.qualities().length + making(player.media()).length > 0) {
        rows.push({ label: t("player.quality"), detail: qualityNow(player),
                    rows: () => qualityRows(player) });
    }
    if (driver.sounds().length > 1) {
        rows.push({ label: t("player.sound"), detail: soundNow(player),
                    rows: () => soundRows(player) });
    }
    if (player.texts.listed().length > 0) {
        rows.push({ label: t("player.subtitles"), detail: textNow(player),
                    rows: () => textRows(player) });
    }
    rows.push({ label: t("player.speed"),
                detail: speedName(player.element.playbackRate),
                rows: () => speedRows(player.element) }, ...player.extra());
    return rows;
}


function linesNow({ videoWidth, videoHeight }) {
    return Math.min(videoWidth, videoHeight);
}


function qualityNow({ element, engine: { driver } }) {
    const all = driver.qualities();
    const chosen = all.find(({ id }) => id === driver.quality());
    const lines = linesNow(element);

    if (chosen) {
        return qualityName(chosen, all);
    }
    return lines > 0 ? t("player.auto-now", { quality: `${lines}p` })
        : t("player.auto");
}


function qualityRows(player) {
    const { element, engine: { driver } } = player;
    const all = driver.qualities();
    const auto = driver.quality() === -1;
    const choice = all.toSorted((a, b) => b.lines - a.lines || b.rate - a.rate)
        .map((quality) => ({
            label: qualityName(quality, all),
            detail: !auto && driver.quality() === quality.id
                && linesNow(element) !== quality.lines
                ? t("player.switching") : "",
            checked: driver.quality() === quality.id,
            act: () => {
                choose({ lines: quality.lines });
                driver.setQuality(quality.id);
                player.changed();
            },
        }));
    const coming = making(player.media()).map(({ lines, progress }) => ({
        label: `${lines}p`, off: true,
        detail: progress > 0
            ? t("player.making-share", { percent: percent(progress) })
            : t("player.making-soon"),
    }));

    return [...coming, ...choice, {
        label: t("player.auto"), checked: auto,
        detail: auto && linesNow(element) > 0 ? `${linesNow(element)}p` : "",
        act: () => {
            choose({ lines: undefined });
            driver.setQuality(-1);
            player.changed();
        },
    }];
}


/* The sounds with what the API tells of them. */
export function sounds({ engine: { driver }, media }) {
    const told = media().links.renditions ?? [];

    return driver.sounds().map((sound) => ({
        ...sound,
        ...told.find(({ kind, name }) => kind === "audio"
            && name === sound.file),
        id: sound.id,
    }));
}


function soundNow(player) {
    const all = sounds(player);
    const at = all.findIndex(({ id }) => id === player.engine.driver.sound());

    return at === -1 ? "" : trackName(all[at], at);
}


function soundRows(player) {
    const { driver } = player.engine;

    return sounds(player).map((sound, place) => ({
        label: trackName(sound, place), checked: sound.id === driver.sound(),
        act: () => {
            choose({ sound: sound.language });
            driver.setSound(sound.id);
            player.changed();
        },
    }));
}


function textNow({ texts }) {
    const all = texts.listed();
    const at = all.findIndex(({ name }) => name === texts.chosen()?.name);

    return at === -1 ? t("player.off") : trackName(all[at], at);
}


export function textRows({ texts }) {
    const chosen = texts.chosen()?.name;

    return [offRow(chosen === undefined, () => texts.choose(null)),
            ...texts.listed().map((entry, place) => ({
                label: trackName(entry, place), checked: entry.name === chosen,
                act: () => texts.choose(entry),
            }))];
}
