/* Keys that are pressed anywhere on a page. */


/* Does a key belong to the view rather than to what has the focus? */
export function ours(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey
        || event.altKey || document.querySelector("dialog[open]"))
    {
        return false;
    }

    const target = event.target;
    if (target.closest("input, select, textarea, [popover]")) {
        return false;
    }
    return !(event.key === " " || event.key === "Enter")
        || !target.closest("a, button");
}
