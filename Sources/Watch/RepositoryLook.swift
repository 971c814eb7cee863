import Catalog
import Checksums
import Domain
import Foundation
import Hub
import ModelFiles
import Settings

/// What the files of one commit hold: read by range, before any download.
struct RepositoryLook {
  let hub: HubClient
  let settings: Settings.Watch
  let repo: RepoRecord
  let commit: CommitHash
  let files: [ModelFile]

  /// What a look finds.
  enum Finding {
    /// GGUF quantizations whose memory need is known.
    case sized(DescriptionRecord, [WeightsRecord])
    /// Weights, but none of them GGUF; the reason says which.
    case notRunnable(String, DescriptionRecord)
    /// Weights only in formats that can run code when loaded.
    case pickleOnly(DescriptionRecord)
    /// A rule keeps it out, now that its header or its configuration was read.
    case leftOut(Ruling, architecture: String?, parameters: Int64?)
    /// No weights.
    case empty
  }

  /// Looks.
  ///
  /// - Parameter rules: asked again once a header was read; nil for a repository that a person named.
  /// - Throws: `HubError`; `ModelFileError` when no GGUF header in it can be read.
  func run(rules: Rules?) async throws -> Finding {
    let offers = Offer.all(in: files)
    if !offers.isEmpty { return try await lookAtGGUF(offers, rules) }
    switch WeightSafety(files: files) {
    case .none: return .empty
    case .safe:
      switch try await lookAtConfiguration(rules) {
      case .success(let description):
        let formats = description.facts.forms.map { $0.layout ?? $0.format.rawValue }.joined(separator: ", ")
        return .notRunnable("weights only as \(formats)", description)
      case .failure(let kept): return kept.finding
      }
    case .pickleOnly:
      switch try await lookAtConfiguration(rules) {
      case .success(let description): return .pickleOnly(description)
      case .failure(let kept): return kept.finding
      }
    }
  }

  private struct KeptOut: Error {
    let finding: Finding
  }

  private func objection(_ rules: Rules?, _ architecture: String?, _ parameters: Int64?) -> Ruling? {
    guard let rules else { return nil }
    let ruling = rules.judge(
      Rules.Subject(
        id: repo.id, tags: TagList(repo.tags), architecture: architecture,
        parameters: parameters.flatMap { $0 > 0 ? $0 : nil }))
    return ruling.isAdmitted ? nil : ruling
  }

  // MARK: GGUF

  private func lookAtGGUF(_ offers: [Offer], _ rules: Rules?) async throws -> Finding {
    let inspector = Inspector(hub: hub, headerBudget: settings.headers)
    let found = try await inspector.inspect(
      repo.id, commit, offers, objection: { objection(rules, $0.architecture, $0.parameters) })
    switch found {
    case .leftOut(let ruling, let shape):
      return .leftOut(ruling, architecture: shape.architecture, parameters: shape.parameters)
    case .sized(let shape, let weights, let header, let basis):
      var facts = commonFacts(quantization: nil)
      facts.contextLength = Int64(shape.contextLength)
      facts.hasChatTemplate = header.hasChatTemplate
      facts.licence = facts.licence ?? header.licence
      if facts.languages.isEmpty { facts.languages = header.languages }
      facts.modalities.formUnion(header.modalities)
      if files.contains(where: { $0.path.fileName.lowercased().contains("mmproj") }) {
        facts.modalities.insert(.vision)
      }
      facts.role = header.role ?? facts.role
      facts.quantizedBy = header.quantizedBy
      facts.basis = basis
      return .sized(
        DescriptionRecord(
          commit: commit, shape: shape, facts: facts, card: try await card(), contents: contents(of: offers)), weights)
    }
  }

  // MARK: Configuration and safetensors

  private func lookAtConfiguration(_ rules: Rules?) async throws -> Result<DescriptionRecord, KeptOut> {
    var configuration: ModelConfiguration?
    var trouble: String?
    if let file = files.first(where: { $0.path.description == "config.json" }) {
      do {
        configuration = try ModelConfiguration(
          try await bytes(of: file, upTo: ModelConfiguration.byteLimit), name: "\(repo.id)/config.json")
      } catch let error as ModelFileError {
        trouble = error.problem
      }
    } else {
      trouble = "no config.json"
    }
    let architecture = configuration?.textModelType ?? configuration?.modelType ?? repo.architecture
    if let ruling = objection(rules, architecture, repo.parameters) {
      return .failure(KeptOut(finding: .leftOut(ruling, architecture: architecture, parameters: repo.parameters)))
    }
    let headers = try await safetensorsHeaders(&trouble)
    var shape: ModelShape?
    if let configuration {
      do {
        shape = try headers.isEmpty ? configuration.shape() : ModelShape(configuration: configuration, tensors: headers)
        if shape?.parameters == 0 { shape?.parameters = repo.parameters ?? 0 }
      } catch {
        trouble = error.problem
      }
    }
    if let shape, let ruling = objection(rules, architecture, shape.parameters), !isPacked(configuration) {
      return .failure(KeptOut(finding: .leftOut(ruling, architecture: architecture, parameters: shape.parameters)))
    }
    var facts = commonFacts(quantization: configuration?.quantization)
    facts.elementType = SafetensorsHeader.dominantType(of: headers)?.rawValue ?? configuration?.statedType
    facts.contextLength = (shape?.contextLength ?? configuration?.contextLength).map(Int64.init)
    if let configuration {
      facts.modalities.formUnion(configuration.modalities)
      facts.role = configuration.role(pipelineTag: ModelRole.task(in: repo.tags), tags: repo.tags) ?? facts.role
    }
    facts.hasChatTemplate =
      files.contains {
        ["chat_template.jinja", "chat_template.json"].contains($0.path.description)
      } ? true : facts.hasChatTemplate
    facts.shapeTrouble = shape == nil ? trouble : nil
    if let shape, let configuration {
      facts.basis = try WeightBasis(shape, configuration, headers, counted: repo.parameters)
    }
    return .success(
      DescriptionRecord(
        commit: commit, shape: shape, facts: facts, card: try await card(), contents: contents(of: [])))
  }

  /// Packed weights are counted as they are stored, so that their number says nothing about the model's size.
  private func isPacked(_ configuration: ModelConfiguration?) -> Bool { configuration?.quantization != nil }

  private func safetensorsHeaders(_ trouble: inout String?) async throws -> [SafetensorsHeader] {
    let shards = weightFiles(.safetensors)
    guard (1...max(1, settings.headers)).contains(shards.count) else { return [] }
    var headers: [SafetensorsHeader] = []
    for shard in shards {
      do {
        let reader = HubRangeReader(client: hub, id: repo.id, commit: commit, file: shard)
        headers.append(try await SafetensorsHeader.read(from: reader, name: "\(repo.id)/\(shard.path)"))
      } catch let error as ModelFileError {
        trouble = error.problem
        return []
      }
    }
    return headers
  }

  // MARK: What both have

  private func commonFacts(quantization: QuantizationScheme?) -> ModelDescription {
    var facts = ModelDescription()
    func stated(_ prefix: String) -> String? {
      repo.tags.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count).prefix(64)) }
    }
    facts.licence = stated("license:")
    facts.languages = repo.tags.filter(Rules.isLanguage)
    let task = ModelRole.task(in: repo.tags)
    facts.modalities = Modality.stated(pipelineTag: task)
    facts.role = ModelRole.stated(pipelineTag: task, tags: repo.tags)
    facts.safety = WeightSafety(files: files)
    let formats = WeightFormat.offered(files: files, tags: repo.tags, quantization: quantization)
    let layout =
      quantization.map { scheme in
        scheme.method.rawValue + (scheme.bits.map { " \($0)-bit" } ?? "")
      } ?? formats.first { WeightFormat.layouts.contains($0) }?.rawValue
    for format in WeightFormat.allCases where formats.contains(format) && !WeightFormat.layouts.contains(format) {
      let parts = weightFiles(format)
      facts.forms.append(
        ModelDescription.Form(
          format: format, layout: format == .safetensors || format == .pickle ? layout : nil,
          bytes: parts.reduce(0) { $0 &+ $1.size }, files: parts.count))
    }
    return facts
  }

  private func weightFiles(_ format: WeightFormat) -> [ModelFile] {
    files.filter { WeightFormat.ofFile($0.path) == format }.sorted { $0.path < $1.path }
  }

  /// What two repositories have in common that hold the same weights: the hash of a file, or of a set's hashes.
  private func contents(of offers: [Offer]) -> [String] {
    let sets = offers.map(\.files) + [weightFiles(.safetensors)]
    return sets.filter { set in set.reduce(0) { $0 &+ $1.size } >= Self.leastContent }.map { set in
      set.count == 1 ? set[0].hash.description : Checksums.sha256(Array(set.map(\.hash.description).joined().utf8))
    }
  }

  /// Smaller files may be equal by chance: a table of a tokenizer, an empty adapter.
  private static let leastContent: Int64 = 65_536

  /// The beginning of the card, its front matter left out; nil when there is none, or it may not be read.
  private func card() async throws -> String? {
    guard let file = files.first(where: { $0.path.description.lowercased() == "readme.md" }) else { return nil }
    do {
      return ModelCard.beginning(try await bytes(of: file, upTo: ModelCard.readLimit))
    } catch let error as HubError where !error.isPassing && error.kind != .cancelled && error.kind != .badToken {
      return nil
    }
  }

  private func bytes(of file: ModelFile, upTo limit: Int) async throws -> [UInt8] {
    try await HubRangeReader(client: hub, id: repo.id, commit: commit, file: file)
      .read(0..<min(file.size, Int64(limit)))
  }
}

extension WeightFormat {
  /// Layouts of weights inside of a file format.
  static let layouts: Set<WeightFormat> = [
    .mlx, .gptq, .awq, .exl2, .exl3, .bitsandbytes, .fp8, .mxfp4, .nvfp4, .compressedTensors,
  ]
}
