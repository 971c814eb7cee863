import Domain

/// One quantization among a repository's files: a whole GGUF file or a complete set of shards.
struct Offer: Equatable {
  var quantization: Quantization
  /// In shard order.
  var files: [ModelFile]

  var path: RepoPath { files[0].path }
  var bytes: Int64 { files.reduce(0) { $0 + $1.size } }

  /// Every quantization on offer, by path. Files whose name names no quantization count as F16 when they are the
  /// only ones, which is how converters name their output; incomplete shard sets are left out.
  static func all(in files: [ModelFile]) -> [Offer] {
    let runnable = files.filter { $0.isRunnableGGUF && $0.size > 0 }
    var whole: [ModelFile] = []
    var sets: [String: [ModelFile]] = [:]
    for file in runnable {
      if let shard = file.shard {
        sets["\(shard.stem)/\(shard.count)", default: []].append(file)
      } else {
        whole.append(file)
      }
    }
    var groups = whole.map { [$0] }
    for set in sets.values {
      let sorted = set.sorted { $0.path < $1.path }
      guard let count = sorted[0].shard?.count, sorted.count == count,
        sorted.enumerated().allSatisfy({ $0.element.shard?.index == $0.offset + 1 })
      else { continue }
      groups.append(sorted)
    }
    return groups.compactMap { group in
      let named = Quantization(fileName: group[0].path.description)
      return (named ?? Quantization("F16")).map { Offer(quantization: $0, files: group) }
    }.sorted { $0.path < $1.path }
  }
}
