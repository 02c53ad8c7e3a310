/* Languages to choose from. */

import { current } from "../lib/language.js";
import { languageName } from "../player/base/names.js";
import { TAGS } from "./guess.js";


/* [{tag, name}] in the reader's language, and its order; `more` is among them
   whatever it is. */
export function languages(more) {
    return [...new Set([...TAGS, more].filter(Boolean))]
        .map((tag) => ({ tag, name: languageName(tag) ?? tag }))
        .sort((a, b) => a.name.localeCompare(b.name, current()));
}
