/* What narrows a list. It stands in the address, too, so that a link or a reload
   shows the same. */

import { rewrite } from "../lib/router.js";
import { form } from "./form.js";


/* search: URLSearchParams of the address, which changes with what is sent; then
   list is loaded anew. fields as form() has them. Answers the element. */
export function filterForm(id, { path, search, list, fields, submit }) {
    return form({
        id, kind: "", fields, submit,
        send: async (values) => {
            for (const [name, value] of Object.entries(values)) {
                if (value) {
                    search.set(name, value);
                } else {
                    search.delete(name);
                }
            }
            rewrite(`${path}?${search}`);
            await list.load();
        },
        done: () => null,
    }).element;
}
