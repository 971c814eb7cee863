import Domain

/// What a pickle would import when it is loaded: every name of a class or function in it, found without loading it.
///
/// The names are all that matters: a pickle calls what it imports. Formats: the opcodes of Python's `pickletools`, and
/// the ZIP layout of `torch.save`.
public struct PickleScan: Sendable, Equatable {
  /// Imports, `module.name`, in the order of their first mention.
  public private(set) var imports: [String] = []
  /// Why the scan could not read everything; nil when it did.
  public private(set) var gap: String?

  /// Imports that tensors do not need: whatever they do, it is not data.
  public var suspicious: [String] { imports.filter { !Self.isHarmless($0) } }

  /// Whether everything was read, and nothing but tensors is in it.
  public var isHarmless: Bool { gap == nil && suspicious.isEmpty }

  /// Bytes of one pickle that are looked at; those of tensors are short, since the numbers lie beside them.
  public static let byteLimit: Int64 = 64 << 20
  private static let importLimit = 1000

  /// Scans a file: a ZIP of `torch.save`, or pickles one behind the other.
  ///
  /// - Throws: what the reader throws.
  public init(_ reader: some RangeReader) async throws {
    let head = try await reader.read(0..<min(4, reader.size))
    if head == [0x50, 0x4B, 3, 4] {
      try await scanArchive(reader)
    } else {
      var walker = PickleWalker(try await reader.read(0..<min(Self.byteLimit, reader.size)))
      // What torch wrote before it used ZIP: five pickles, then the numbers.
      for index in 0..<5 {
        guard walker.isAtPickle else {
          if index == 0 { gap = "it is no pickle" }
          break
        }
        absorb(&walker)
      }
    }
  }

  /// Scans one pickle in memory.
  public init(pickle bytes: [UInt8]) {
    var walker = PickleWalker(bytes)
    absorb(&walker)
  }

  private mutating func scanArchive(_ reader: some RangeReader) async throws {
    let entries: [ZipEntry]
    do {
      entries = try await ZipDirectory.entries(of: reader)
    } catch let error as ZipError {
      gap = error.reason
      return
    }
    let pickles = entries.filter { $0.name.hasSuffix(".pkl") || $0.name.hasSuffix(".pickle") }
    if pickles.isEmpty { gap = "the archive holds no pickle" }
    for entry in pickles.prefix(64) {
      guard !entry.isCompressed, entry.size <= Self.byteLimit else {
        gap = "\(entry.name) is compressed or too long to be scanned"
        continue
      }
      do {
        let range = try await ZipDirectory.content(of: entry, in: reader)
        var walker = PickleWalker(try await reader.read(range))
        absorb(&walker)
      } catch let error as ZipError {
        gap = error.reason
      }
    }
  }

  private mutating func absorb(_ walker: inout PickleWalker) {
    walker.walk()
    for name in walker.imports where !imports.contains(name) {
      guard imports.count < Self.importLimit else {
        gap = "it imports more than \(Self.importLimit) names"
        return
      }
      imports.append(name)
    }
    walker.imports = []
    if let trouble = walker.trouble, gap == nil { gap = trouble }
  }

  private static func isHarmless(_ name: String) -> Bool {
    if harmless.contains(name) { return true }
    guard name.hasPrefix("torch.") else { return false }
    let rest = name.dropFirst("torch.".count)
    return rest.hasSuffix("Storage") && !rest.contains(".") || dtypes.contains(String(rest))
  }

  private static let harmless: Set<String> = [
    "collections.OrderedDict", "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_qtensor", "torch.Size", "torch.device", "torch.Tensor",
    "torch.nn.parameter.Parameter", "torch.storage.UntypedStorage", "torch.storage.TypedStorage",
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar", "numpy.ndarray", "numpy.dtype", "_codecs.encode",
    "builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex", "builtins.slice", "builtins.range",
    "__builtin__.set", "__builtin__.frozenset", "__builtin__.bytearray", "__builtin__.complex",
  ]
  private static let dtypes: Set<String> = [
    "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool", "half", "float",
    "double", "short", "int", "long", "float8_e4m3fn", "float8_e5m2", "complex64", "complex128",
  ]
}
