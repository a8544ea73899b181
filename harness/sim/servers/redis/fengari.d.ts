/** The part of fengari that runs scripts; it ships no types. Lua strings are arrays of bytes. */
declare module 'fengari' {
  export interface LuaState {
    readonly brand: unique symbol;
  }
  type Native = (L: LuaState) => number;

  export const lua: {
    readonly LUA_OK: number;
    readonly LUA_TNIL: number;
    readonly LUA_TBOOLEAN: number;
    readonly LUA_TNUMBER: number;
    readonly LUA_TSTRING: number;
    readonly LUA_TTABLE: number;
    readonly LUA_REGISTRYINDEX: number;
    lua_call(L: LuaState, args: number, results: number): void;
    lua_pcall(L: LuaState, args: number, results: number, handler: number): number;
    lua_createtable(L: LuaState, list: number, fields: number): void;
    lua_error(L: LuaState): number;
    lua_getfield(L: LuaState, index: number, name: Uint8Array): number;
    lua_gettop(L: LuaState): number;
    lua_pop(L: LuaState, count: number): void;
    lua_pushboolean(L: LuaState, value: boolean): void;
    lua_pushjsfunction(L: LuaState, native: Native): void;
    lua_pushnumber(L: LuaState, value: number): void;
    lua_pushstring(L: LuaState, value: Uint8Array): void;
    lua_pushlstring(L: LuaState, value: Uint8Array, length: number): void;
    lua_rawgeti(L: LuaState, index: number, place: number): number;
    lua_rawseti(L: LuaState, index: number, place: number): void;
    lua_setfield(L: LuaState, index: number, name: Uint8Array): void;
    lua_setglobal(L: LuaState, name: Uint8Array): void;
    lua_settop(L: LuaState, top: number): void;
    lua_toboolean(L: LuaState, index: number): boolean;
    lua_tonumber(L: LuaState, index: number): number;
    lua_tolstring(L: LuaState, index: number): Uint8Array | null;
    lua_type(L: LuaState, index: number): number;
  };
  export const lauxlib: {
    luaL_newstate(): LuaState;
    luaL_loadbuffer(L: LuaState, code: Uint8Array, size: number, name: Uint8Array): number;
    luaL_ref(L: LuaState, table: number): number;
    luaL_requiref(L: LuaState, name: Uint8Array, open: Native, global: boolean): void;
  };
  export const lualib: {
    luaopen_base: Native;
    luaopen_table: Native;
    luaopen_string: Native;
    luaopen_math: Native;
  };
}
