/** Loads every class of shared objects, so that its handles can arrive from other processes. */
import "./sync/mod.ts";
import "./channels/mod.ts";
import "./manager/array.ts";
import "./manager/dict.ts";
import "./manager/iterator.ts";
import "./manager/list.ts";
import "./manager/namespace.ts";
import "./manager/object_proxy.ts";
import "./manager/value.ts";
