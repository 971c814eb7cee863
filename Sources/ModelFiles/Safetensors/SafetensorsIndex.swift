import Domain
import JSONText

/// `model.safetensors.index.json`: which shard holds which tensor.
///
/// Format: what `save_pretrained` of transformers writes: `weight_map`, and `metadata` with a `total_size` that real
/// files often lack or state wrongly.
public struct SafetensorsIndex: Sendable, Equatable {
  /// Bytes of an index. The largest known, of mixture models with one tensor an expert, have some 10 MB.
  public static let byteLimit = 32 << 20

  /// The shard of each tensor, beside the index. Tensor names are foreign text.
  public let shards: [String: RepoPath]
  /// The bytes of all tensors as the index states them; nil when it states no whole number. Not to be trusted.
  public let statedBytes: Int64?

  /// Every shard once, in the order of names.
  public var files: [RepoPath] { Set(shards.values).sorted() }

  /// Parses an index.
  ///
  /// - Throws: `malformed` when it is no JSON of this form, names no tensor, or names a shard outside its folder or one
  ///   that is no safetensors file.
  public init(_ bytes: [UInt8], name: String) throws(ModelFileError) {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue.parse(bytes, limits: JSONLimits(maximumBytes: Self.byteLimit))
    } catch {
      throw ModelFileError(.malformed, file: name, "is no usable JSON: \(error.problem)")
    }
    guard let map = json.object?["weight_map"]?.object, map.count > 0 else {
      throw ModelFileError(.malformed, file: name, "has no weight_map")
    }
    var shards: [String: RepoPath] = [:]
    for member in map.members {
      guard let text = member.value.string, let path = RepoPath(text), path.segments.count == 1,
        path.fileName.hasSuffix(".safetensors")
      else {
        throw ModelFileError(
          .malformed, file: name,
          "gives the tensor \(ModelFileError.quoted(member.key)) a place that is no safetensors file beside it")
      }
      shards[member.key] = path
    }
    self.shards = shards
    statedBytes = json.object?["metadata"]?.object?["total_size"].flatMap(Self.wholeNumber)
  }

  /// A size that was written as an integer or, as some tools do, as a float.
  private static func wholeNumber(_ value: JSONValue) -> Int64? {
    let number: Int64? =
      switch value {
      case .int(let number): number
      case .number(let number): Int64(exactly: number)
      default: nil
      }
    return number.flatMap { $0 > 0 ? $0 : nil }
  }
}
