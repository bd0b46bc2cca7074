// The settings of `sluice serve`: what a configuration file says, and over it what the command line says, in one schema.
// It knows how a setting is written; what it may be is checked where the option is that it becomes. Both speak to the
// user of what was typed: a flag as `--admin-port`, a setting of the file as `settings.json: adminPort`.

import { z } from 'zod'
import { EVICTION_POLICIES } from '../engine/index.ts'
import { DRAIN_MS_MAX } from '../server/options.ts'
import { SluiceError } from '../util/errors.ts'
import { readJson } from './input-files.ts'
import { LOG_LEVELS } from './log.ts'

/** Milliseconds of a second. */
export const MS_PER_SECOND = 1_000

const DRAIN_SECONDS_MAX = DRAIN_MS_MAX / MS_PER_SECOND
const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

const text = z.string(must('text')).min(1, must('text'))
const whole = z.preprocess(numberIn, z.int(must('a whole number')))
const bytes = z.preprocess(
  bytesIn,
  z.int(must('a whole number of bytes, or one with K, M or G behind it, such as 512M')),
)
const seconds = must(`a number from 0 to ${DRAIN_SECONDS_MAX}`)
const ports = must('the first and the last port, such as 7100-7103')

/** Every setting. Each but `limits` is a flag too. */
const SETTINGS = z
  .strictObject({
    bind: text,
    port: whole,
    directPorts: z
      .string(ports)
      .regex(/^\d{1,5}-\d{1,5}$/, ports)
      .transform(portRange),
    advertise: text,
    node: text,
    topology: text,
    threads: whole,
    shards: whole,
    memory: bytes,
    eviction: z.enum(EVICTION_POLICIES, must(`one of ${EVICTION_POLICIES.join(', ')}`)),
    passwordFile: text,
    tlsCert: text,
    tlsKey: text,
    tlsCa: text,
    allowRemoteClients: z.boolean(must('true or false')),
    adminPort: whole,
    adminBind: text,
    adminTokenFile: text,
    drainSeconds: z.preprocess(numberIn, z.number(seconds).min(0, seconds).max(DRAIN_SECONDS_MAX, seconds)),
    logLevel: z.enum(LOG_LEVELS, must(`one of ${LOG_LEVELS.join(', ')}`)),
    limits: z.record(z.string(), whole, must('an object')),
  })
  .partial()

type Settings = z.infer<typeof SETTINGS>
type Setting = keyof Settings
type FileSetting = 'topology' | 'passwordFile' | 'tlsCert' | 'tlsKey' | 'tlsCa' | 'adminTokenFile'

/** Where the environment may have what no setting names. */
const VARIABLES: Readonly<Record<string, string>> = {
  passwordFile: 'SLUICE_PASSWORD',
  adminTokenFile: 'SLUICE_ADMIN_TOKEN',
}

/** Settings as they were given. What is refused on their behalf is named as the user did. */
export class ServeSettings {
  readonly values: Settings
  /** What the user calls a setting. */
  readonly nameOf: (setting: Setting) => string

  constructor(values: Settings, nameOf: (setting: Setting) => string) {
    this.values = values
    this.nameOf = nameOf
  }

  /** What `read` makes of the file that a setting names; undefined when none was given. */
  contentOf<Content>(setting: FileSetting, read: (file: string) => Content): Content | undefined {
    const file = this.values[setting]
    if (file === undefined) return undefined
    return reworded(
      () => read(file),
      (message) => `${this.nameOf(setting)}: ${message}`,
    )
  }

  /**
   * Does `check`, whose refusals begin with an option's name; the user reads the setting's in its place. `settings` has
   * the options that are called otherwise than their settings.
   */
  checkOptions(check: () => void, settings: Readonly<Record<string, Setting>>): void {
    reworded(check, (message) => {
      const [option = ''] = /^(tls\.)?\w+/.exec(message) ?? []
      const setting = settings[option] ?? option
      return isSetting(setting) ? this.nameOf(setting) + message.slice(option.length) : message
    })
  }
}

/** The settings of `configFile`, if there is one, with `flags` over them. Throws INVALID_ARGUMENT. */
export function readSettings(flags: Readonly<Record<string, unknown>>, configFile: string | undefined): ServeSettings {
  const inFile = configFile === undefined ? {} : readConfiguration(configFile)
  const nameOf = (setting: string): string => {
    if (Object.hasOwn(inFile, setting) && !Object.hasOwn(flags, setting)) return `${configFile}: ${setting}`
    const flag = `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const variable = VARIABLES[setting]
    return variable === undefined || Object.hasOwn(flags, setting) ? flag : `${flag} or ${variable}`
  }
  const result = SETTINGS.safeParse({ ...inFile, ...flags })
  if (result.success) return new ServeSettings(result.data, nameOf)
  const [issue] = result.error.issues
  if (issue?.code === 'unrecognized_keys') throw invalid(`${nameOf(issue.keys[0] ?? '')} is not a setting`)
  const [setting = '', ...below] = issue?.path.map(String) ?? []
  throw invalid(`${[nameOf(setting), ...below].join('.')} ${issue?.message}`)
}

function readConfiguration(file: string): object {
  const json = reworded(
    () => readJson(file),
    (message) => `--config: ${message}`,
  )
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  throw invalid(`${file} must be an object`)
}

function isSetting(name: string): name is Setting {
  return Object.hasOwn(SETTINGS.shape, name)
}

/** Does `act`; what that refuses is said in other words. */
function reworded<Result>(act: () => Result, words: (message: string) => string): Result {
  try {
    return act()
  } catch (cause) {
    if (!(cause instanceof SluiceError)) throw cause
    throw new SluiceError(cause.code, words(cause.message), { cause })
  }
}

/** The message of a schema. */
function must(what: string) {
  return { error: ({ input }: { readonly input?: unknown }) => `must be ${what}, not ${shown(input)}` }
}

function shown(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value)
}

/** A number that is written as text, as all of the command line is. `Number()` alone would take `1e9`, `0x10` and blanks. */
function numberIn(given: unknown): unknown {
  return typeof given === 'string' && /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given
}

function bytesIn(given: unknown): unknown {
  const [, digits, unit = ''] = (typeof given === 'string' && /^(\d+)([KMG])$/.exec(given)) || []
  return digits === undefined ? numberIn(given) : Number(digits) * (UNITS[unit] ?? 1)
}

function portRange(range: string): readonly [from: number, to: number] {
  const [from = 0, to = 0] = range.split('-').map(Number)
  return [from, to]
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
