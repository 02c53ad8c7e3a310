/* What the name of a file tells of the text in it. */

/* The languages that subtitles are most often in, BCP 47. */
export const TAGS = ("ar bg bn br ca cs cy da de el en es et eu fa fi fr ga gl "
    + "he hi hr hu hy id is it ja ka ko lt lv mk ms nb nl nn oc pl pt pt-BR ro "
    + "ru sk sl sq sr sv sw ta te th tr uk ur vi wo zh-Hans zh-Hant").split(" ");

/* fr, Pt-br, … between the first and the last dot of "Tides.fr.forced.srt" */
const NAMED = /[._ -]([a-z]{2,3}(?:-[a-z]{2,4})?)(?=[._ -](?:[\w-]+\.)*\w+$)/gi;


/* {language, purpose}, each "" where it tells none. */
export function guessed(filename) {
    const language = [...filename.matchAll(NAMED)]
        .map(([, tag]) => TAGS.find((one) =>
            one.toLowerCase() === tag.toLowerCase()))
        .findLast(Boolean);
    const words = filename.replaceAll("_", " ");

    return {
        language: language ?? "",
        purpose: /\bforced\b/i.test(words) ? "forced"
            : /\b(sdh|cc|hi)\b/i.test(words) ? "hearing-impaired" : "",
    };
}
