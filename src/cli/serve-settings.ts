// The settings of `sluice serve`: what a configuration file says, and over it what the command line says. Both have the
// same names; all of it is checked here, once.

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseTopology } from '../cluster/parse-topology.ts'
import { EVICTION_POLICIES } from '../engine/index.ts'
import type { Logger, ServerOptions } from '../server/index.ts'
import { SluiceError } from '../util/errors.ts'
import { LOG_LEVELS } from './log.ts'
import { byteCount, portRange } from './numbers.ts'

const FILE_BYTES_MAX = 16 * 1024 * 1024
const MS_PER_SECOND = 1_000

/** The public port unless told otherwise. */
const PORT_DEFAULT = 7070

/** Text as the command line takes it. */
function spelled<Value>(parse: (text: string) => Value) {
  return z.string().transform((text, context) => {
    try {
      return parse(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      return z.NEVER
    }
  })
}

const bytes = z.union([z.int().min(1), spelled(byteCount)])
const port = z.int().min(0).max(65_535)

/** Every setting; the command line has each as a flag of the same name. */
const SETTINGS = z.strictObject({
  bind: z.string().min(1).optional(),
  port: port.optional(),
  directPorts: spelled(portRange).optional(),
  advertise: z.string().min(1).optional(),
  node: z.string().min(1).optional(),
  topology: z.string().min(1).optional(),
  threads: z.int().min(1).optional(),
  shards: z.int().min(1).optional(),
  memory: bytes.optional(),
  eviction: z.enum(EVICTION_POLICIES).optional(),
  passwordFile: z.string().min(1).optional(),
  tlsCert: z.string().min(1).optional(),
  tlsKey: z.string().min(1).optional(),
  tlsCa: z.string().min(1).optional(),
  allowRemoteClients: z.boolean().optional(),
  adminPort: port.optional(),
  adminBind: z.string().min(1).optional(),
  adminTokenFile: z.string().min(1).optional(),
  drainSeconds: z.number().min(0).optional(),
  logLevel: z.enum(LOG_LEVELS).optional(),
})

/** Settings as they are given. */
export type ServeSettings = z.infer<typeof SETTINGS>

/** The settings of a configuration file, if there is one, with `flags` over them. Throws INVALID_ARGUMENT. */
export function readSettings(flags: ServeSettings, configFile: string | undefined): ServeSettings {
  if (configFile === undefined) return flags
  const result = SETTINGS.safeParse(readJson('--config', configFile))
  if (result.success) return { ...result.data, ...flags }
  const [issue] = result.error.issues
  const place = issue?.path.join('.') ?? ''
  throw invalid(`${configFile}: ${place === '' ? '' : `${place}: `}${issue?.message}`)
}

/** The server that the settings describe, with everything read that they name. `password` is the environment's. */
export function serverOptions(settings: ServeSettings, password: string | undefined, logger: Logger): ServerOptions {
  const { bind, port, directPorts, advertise, node, threads, shards, memory, eviction } = settings
  const { allowRemoteClients, passwordFile, drainSeconds, topology } = settings
  const secret = passwordFile === undefined ? password : readText('--password-file', passwordFile).replace(/\r?\n$/, '')
  return {
    logger,
    ...(bind !== undefined && { bind }),
    ...(topology === undefined ? { port: port ?? PORT_DEFAULT } : port !== undefined && { port }),
    ...(directPorts !== undefined && { directPorts }),
    ...(advertise !== undefined && { advertise }),
    ...(node !== undefined && { nodeId: node }),
    ...(topology !== undefined && { topology: readTopology(topology) }),
    ...(threads !== undefined && { threads }),
    ...(shards !== undefined && { shards }),
    ...(memory !== undefined && { memoryBytesMax: memory }),
    ...(eviction !== undefined && { eviction }),
    ...(secret !== undefined && { password: secret }),
    ...tlsOptions(settings),
    ...(allowRemoteClients !== undefined && { allowRemoteClients }),
    ...(drainSeconds !== undefined && { drainMs: Math.round(drainSeconds * MS_PER_SECOND) }),
  }
}

/** The topology in a file. Throws INVALID_ARGUMENT, naming the file. */
export function readTopology(file: string): ReturnType<typeof parseTopology> {
  try {
    return parseTopology(readJson('--topology', file))
  } catch (cause) {
    if (!(cause instanceof SluiceError) || cause.message.includes(file)) throw cause
    throw invalid(`${file}: ${cause.message}`)
  }
}

/** A file's text. Throws INVALID_ARGUMENT, naming the option and the file. */
function readText(option: string, file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(`${option}: ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`)
  }
  if (text.length > FILE_BYTES_MAX) throw invalid(`${option}: ${file} is larger than ${FILE_BYTES_MAX} bytes`)
  return text
}

function tlsOptions({ tlsCert, tlsKey, tlsCa }: ServeSettings): Pick<ServerOptions, 'tls'> {
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return {}
  if (tlsCert === undefined || tlsKey === undefined) throw invalid('TLS needs both --tls-cert and --tls-key')
  return {
    tls: {
      cert: readText('--tls-cert', tlsCert),
      key: readText('--tls-key', tlsKey),
      ...(tlsCa !== undefined && { ca: readText('--tls-ca', tlsCa) }),
    },
  }
}

function readJson(option: string, file: string): unknown {
  const text = readText(option, file)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalid(`${option}: ${file} is not JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
