/* E-mail addresses, whatever somebody types: one that is taken is taken again
   as it is written, and has the same key. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "core/account/address.h"
#include "core/base/text.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    address_t address, again;

    if (address_read((const char *) data, size, &address) != NULL) {
        return 0;
    }

    must(text_is_clean(address.text, strlen(address.text)));
    must(strchr(address.text, '@') == strrchr(address.text, '@'));
    must(strpbrk(address.text, " <>,;:()[]\\\"\r\n") == NULL);
    must(address_read(address.text, strlen(address.text), &again) == NULL);
    must(strcmp(again.text, address.text) == 0);
    must(strcmp(again.key, address.key) == 0);

    return 0;
}
