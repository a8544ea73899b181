/** Scripts by an interpreter of Lua, with the numbers of Redis's Lua 5.1: doubles only, written without a fraction. */
import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import type * as Fengari from 'fengari';
import type { LuaState } from 'fengari';
import { DoubleReply, MapReply, PushReply, RedisError, ScoresReply, SetReply, Status, type Reply } from './reply.ts';

/** Runs one command for a script. @throws RedisError */
export type Call = (command: readonly string[]) => Reply;

/** What scripts of locks use, and is not here. */
const NOT_SIMULATED = ['cjson', 'cmsgpack', 'struct', 'bit'];

const require = createRequire(import.meta.url);
// It reads its settings while it is loaded: numbers are written as Lua 5.1 does.
process.env['FENGARICONF'] = JSON.stringify({ LUA_COMPAT_FLOATSTRING: true });
const { lua, lauxlib, lualib } = require('fengari') as typeof Fengari;

interface NumberObject {
  readonly value: number;
  ttisinteger(): boolean;
  setfltvalue(value: number): void;
}
interface NumberReader {
  luaO_str2num: (text: Uint8Array, into: NumberObject) => number;
}
// Lua 5.3's integers, of 32 bits here, would overflow where 5.1 counts on: every number that is read is a double.
const numbers = require('fengari/src/lobject.js') as NumberReader;
const readNumber = numbers.luaO_str2num;
numbers.luaO_str2num = (text, into) => {
  const length = readNumber(text, into);
  if (length > 0 && into.ttisinteger()) into.setfltvalue(into.value);
  return length;
};

const PRELUDE = `
local format, floor, ceil = string.format, math.floor, math.ceil
local function whole(value) return value - value % 1 end
math.floor = function(value) return whole(value + 0.0) end
math.ceil = function(value) return -whole(-value + 0.0) end
string.format = function(pattern, ...) return format(string.gsub(pattern, '%%(%-?%d*)d', '%%%1.0f'), ...) end
-- Lua 5.1 takes numerals for numbers here; 5.3 compares them as they are.
for name, of in pairs({ max = math.max, min = math.min }) do
  math[name] = function(...)
    local numbers = { ... }
    for index, value in ipairs(numbers) do numbers[index] = value + 0 end
    return of(table.unpack(numbers))
  end
end
loadstring = load
unpack = table.unpack
table.getn = function(list) return #list end
setmetatable(_G, {
  __newindex = function(_, name) error('Script attempted to create global variable \\'' .. tostring(name) .. '\\'') end,
  __index = function(_, name)
    missing(name)
    error('Script attempted to access nonexistent global variable \\'' .. tostring(name) .. '\\'')
  end,
})`;

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const NAMES = { ok: bytes('ok'), err: bytes('err'), KEYS: bytes('KEYS'), ARGV: bytes('ARGV') };

class Interpreter {
  readonly #state: LuaState;
  /** By text: places in the registry. */
  readonly #compiled = new Map<string, number>();
  #call: Call = () => null;
  #missing: (name: string) => void = () => undefined;

  constructor() {
    const state = lauxlib.luaL_newstate();
    this.#state = state;
    const libraries = { _G: lualib.luaopen_base, table: lualib.luaopen_table, string: lualib.luaopen_string };
    for (const [name, open] of Object.entries({ ...libraries, math: lualib.luaopen_math })) {
      lauxlib.luaL_requiref(state, bytes(name), open, true);
      lua.lua_pop(state, 1);
    }
    this.#installRedis();
    lua.lua_pushjsfunction(state, () => {
      this.#missing(this.#text(1));
      return 0;
    });
    lua.lua_setglobal(state, bytes('missing'));
    for (const name of ['KEYS', 'ARGV']) {
      lua.lua_createtable(state, 0, 0);
      lua.lua_setglobal(state, bytes(name));
    }
    lua.lua_rawgeti(state, lua.LUA_REGISTRYINDEX, this.#compile(PRELUDE));
    lua.lua_call(state, 0, 0);
  }

  /** @throws RedisError when it does not compile */
  check(script: string): void {
    this.#compile(script);
  }

  /** @throws RedisError */
  run(
    script: string,
    keys: readonly string[],
    args: readonly string[],
    call: Call,
    fail: (why: string) => never,
  ): Reply {
    const state = this.#state;
    const place = this.#compile(script);
    this.#call = call;
    this.#missing = (name) => {
      if (NOT_SIMULATED.includes(name)) fail(`the library ${name} of Redis's Lua is not simulated`);
    };
    this.#setList(NAMES.KEYS, keys);
    this.#setList(NAMES.ARGV, args);
    lua.lua_rawgeti(state, lua.LUA_REGISTRYINDEX, place);
    const status = lua.lua_pcall(state, 0, 1, 0);
    const result = status === lua.LUA_OK ? this.#result(-1) : this.#raised();
    lua.lua_settop(state, 0);
    if (result instanceof RedisError && status !== lua.LUA_OK) throw result;
    return result;
  }

  #compile(script: string): number {
    const known = this.#compiled.get(script);
    if (known !== undefined) return known;
    const code = bytes(script);
    const status = lauxlib.luaL_loadbuffer(this.#state, code, code.length, bytes('@user_script'));
    if (status !== lua.LUA_OK) {
      const message = this.#text(-1);
      lua.lua_settop(this.#state, 0);
      throw new RedisError(`ERR Error compiling script (new function): ${message}`);
    }
    const place = lauxlib.luaL_ref(this.#state, lua.LUA_REGISTRYINDEX);
    this.#compiled.set(script, place);
    return place;
  }

  #installRedis(): void {
    const state = this.#state;
    const functions = {
      call: () => {
        const reply = this.#command();
        if (!(reply instanceof RedisError)) return this.#push(reply);
        this.#push(reply);
        return lua.lua_error(state);
      },
      pcall: () => this.#push(this.#command()),
      error_reply: () => {
        const text = this.#text(1);
        return this.#push(
          new RedisError(text.startsWith('-') ? text.slice(1) : /^\S+\s/.test(text) ? text : `ERR ${text}`),
        );
      },
      status_reply: () => this.#push(new Status(this.#text(1))),
      sha1hex: () => this.#push(sha1(this.#text(1))),
      log: () => 0,
      replicate_commands: () => this.#push(1),
    };
    lua.lua_createtable(state, 0, 0);
    for (const [name, native] of Object.entries(functions)) {
      lua.lua_pushjsfunction(state, native);
      lua.lua_setfield(state, -2, bytes(name));
    }
    for (const [level, name] of ['DEBUG', 'VERBOSE', 'NOTICE', 'WARNING'].entries()) {
      lua.lua_pushnumber(state, level);
      lua.lua_setfield(state, -2, bytes(`LOG_${name}`));
    }
    lua.lua_setglobal(state, bytes('redis'));
  }

  #command(): Reply {
    const command: string[] = [];
    for (let index = 1; index <= lua.lua_gettop(this.#state); index += 1) {
      const type = lua.lua_type(this.#state, index);
      if (type !== lua.LUA_TSTRING && type !== lua.LUA_TNUMBER) {
        return new RedisError('ERR Lua redis lib command arguments must be strings or integers');
      }
      command.push(type === lua.LUA_TNUMBER ? numeral(lua.lua_tonumber(this.#state, index)) : this.#text(index));
    }
    try {
      return this.#call(command);
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }

  /** As RESP2, which scripts see unless they ask for another. */
  #push(reply: Reply): number {
    const state = this.#state;
    if (typeof reply === 'string') {
      const value = bytes(reply);
      lua.lua_pushlstring(state, value, value.length);
    } else if (typeof reply === 'number') lua.lua_pushnumber(state, reply);
    else if (reply === null) lua.lua_pushboolean(state, false);
    else if (reply instanceof Status || reply instanceof RedisError) {
      lua.lua_createtable(state, 0, 1);
      this.#push(reply instanceof Status ? reply.text : reply.message);
      lua.lua_setfield(state, -2, reply instanceof Status ? NAMES.ok : NAMES.err);
    } else if (reply instanceof DoubleReply) this.#push(String(reply.value));
    else this.#pushList(flat(reply));
    return 1;
  }

  #pushList(parts: readonly Reply[]): void {
    lua.lua_createtable(this.#state, parts.length, 0);
    for (const [index, part] of parts.entries()) {
      this.#push(part);
      lua.lua_rawseti(this.#state, -2, index + 1);
    }
  }

  #setList(name: Uint8Array, values: readonly string[]): void {
    this.#pushList(values);
    lua.lua_setglobal(this.#state, name);
  }

  #text(index: number): string {
    const value = lua.lua_tolstring(this.#state, index);
    return value === null ? '' : Buffer.from(value).toString('latin1');
  }

  #result(index: number): Reply {
    const state = this.#state;
    switch (lua.lua_type(state, index)) {
      case lua.LUA_TSTRING:
        return this.#text(index);
      case lua.LUA_TNUMBER:
        return Math.trunc(lua.lua_tonumber(state, index));
      case lua.LUA_TBOOLEAN:
        return lua.lua_toboolean(state, index) ? 1 : null;
      case lua.LUA_TTABLE:
        return this.#table();
      default:
        return null;
    }
  }

  /** The table on top of the stack. */
  #table(): Reply {
    const state = this.#state;
    for (const [name, make] of [
      [NAMES.err, (text: string) => new RedisError(text)],
      [NAMES.ok, (text: string) => new Status(text)],
    ] as const) {
      const found = lua.lua_getfield(state, -1, name) === lua.LUA_TSTRING;
      const text = found ? this.#text(-1) : '';
      lua.lua_pop(state, 1);
      if (found) return make(text);
    }
    const parts: Reply[] = [];
    for (let place = 1; lua.lua_rawgeti(state, -1, place) !== lua.LUA_TNIL; place += 1) {
      parts.push(this.#result(-1));
      lua.lua_pop(state, 1);
    }
    lua.lua_pop(state, 1);
    return parts;
  }

  /** The error on top of the stack: a reply of a command, or a message of Lua's. */
  #raised(): RedisError {
    const raised = lua.lua_type(this.#state, -1) === lua.LUA_TTABLE ? this.#table() : this.#text(-1);
    if (raised instanceof RedisError) return raised;
    return new RedisError(`ERR ${typeof raised === 'string' ? raised : 'unknown error'}`);
  }
}

function flat(reply: readonly Reply[] | MapReply | ScoresReply | SetReply | PushReply): readonly Reply[] {
  if (reply instanceof ScoresReply) return reply.flat;
  if (reply instanceof MapReply) return reply.entries.flat();
  if (reply instanceof SetReply) return reply.members;
  return reply instanceof PushReply ? reply.parts : reply;
}

/** As Redis writes numbers that scripts hand over as arguments: 17 significant digits. */
function numeral(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e17
    ? String(value)
    : value.toPrecision(17).replace(/\.?0+$/, '');
}

export function sha1(script: string): string {
  return createHash('sha1').update(script, 'latin1').digest('hex');
}

let interpreter: Interpreter | undefined;

/** One for all servers: scripts leave nothing behind in it. Made when first wanted, for most runs need none. */
export function luaInterpreter(): Pick<Interpreter, 'run' | 'check'> {
  interpreter ??= new Interpreter();
  return interpreter;
}
