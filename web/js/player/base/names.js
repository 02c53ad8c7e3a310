/* What sounds, subtitles and qualities are called. */

import { current, t } from "../../lib/language.js";

const SURROUND = { 6: "5.1", 8: "7.1" };
const CODECS = [[/^hvc1|^hev1/, "HEVC"], [/^av01/, "AV1"], [/^vp09/, "VP9"]];


/* "Français", in the reader's own words; null where nobody knows. */
export function languageName(language) {
    if (!language || language === "und") {
        return null;
    }
    try {
        const name = new Intl.DisplayNames([current()], { type: "language" })
            .of(language);

        return name.charAt(0).toLocaleUpperCase(current()) + name.slice(1);
    } catch {
        return language;
    }
}


/* Is it the same language by another name, as eng and en? */
export function sameLanguage(one, other) {
    return tag(one) === tag(other);
}


function tag(language) {
    try {
        return Intl.getCanonicalLocales(language ?? [])[0];
    } catch {
        return language;
    }
}


/* "English – Director (commentary)", "French 5.1" */
export function trackName({ language, title, purpose, channels }, place) {
    const spoken = languageName(language);
    const known = [spoken, ownName(language), language]
        .map((name) => name?.toLocaleLowerCase());
    const told = title && !known.includes(title.toLocaleLowerCase())
        ? title : null;
    const name = [spoken, told].filter(Boolean).join(" – ")
        || t("player.track", { place: place + 1 });
    const words = [name, SURROUND[channels],
        purpose && purpose !== "main" && `(${t(`player.purpose-${purpose}`)})`];

    return words.filter(Boolean).join(" ");
}


/* "1080p", and what sets it apart from others of that size. */
export function qualityName(quality, all) {
    const alike = all.filter(({ lines }) => lines === quality.lines);
    const codec = CODECS.find(([form]) => form.test(quality.codec))?.[1];
    const range = quality.range && quality.range !== "SDR" ? "HDR" : null;

    return [`${quality.lines}p`, range,
            alike.length > 1 ? codec ?? "H.264" : null]
        .filter(Boolean).join(" ");
}


function ownName(language) {
    try {
        return new Intl.DisplayNames([language], { type: "language" })
            .of(language);
    } catch {
        return null;
    }
}
