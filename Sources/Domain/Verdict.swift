/// What the smoke test says of a model.
public enum SmokeVerdict: String, Sendable, Codable, CaseIterable {
  /// It loads, and what it says looks like language.
  case pass
  /// It runs, but something is odd; the reasons say what.
  case suspect
  /// It is broken.
  case fail
  /// Our core cannot run this architecture or format; nothing is said about the model itself.
  case unsupported
}

/// How a model fits a device, from the best answer to the worst; the order is the cost in speed.
public enum FitVerdict: String, Sendable, Codable, CaseIterable {
  /// All of it, at the wanted context.
  case fits
  /// With a smaller physical batch.
  case smallerBatch
  /// With the KV cache in Q8_0.
  case q8kv
  /// At a smaller context than was asked for.
  case smallerContext
  /// With the experts of some layers in main memory.
  case expertsOnCpu
  /// With some layers in main memory.
  case split
  /// Not at all.
  case no
}

/// What a memory estimate rests on, the best evidence first.
public enum FitEvidence: String, Sendable, Codable {
  /// The file's own tensor list.
  case header
  /// The published size of the file, and the shape from a sibling's header.
  case tree
  /// Shapes out of safetensors headers.
  case safetensors
  /// Only a config.json.
  case config
  /// A built-in table of common sizes.
  case reference
}
