/* nginx's trees by a number, of which it has no lookup. */

#ifndef NGX_SLUICE_RBTREE_H
#define NGX_SLUICE_RBTREE_H

#include <ngx_config.h>
#include <ngx_core.h>

/* The node with this key of a tree that ngx_rbtree_insert_value() fills; NULL:
   none. */
static inline ngx_rbtree_node_t *
ngx_sluice_rbtree_find(const ngx_rbtree_t *tree, ngx_rbtree_key_t key)
{
    ngx_rbtree_node_t *node = tree->root;

    while (node != tree->sentinel && node->key != key) {
        node = key < node->key ? node->left : node->right;
    }

    return node == tree->sentinel ? NULL : node;
}

#endif
