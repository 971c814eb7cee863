import Console
import Domain
import Fit

extension FitOutput {
  private struct Document: Encodable {
    let schema = "hubwatch.fit/1"
    let device: DeviceFacts
    /// With several devices side by side: all of them; each candidate then names its own.
    let devices: [DeviceFacts]?
    let context: Int
    let kvType: String
    let batch: Int
    let flashAttention: Bool
    let sequences: Int
    let models: [Model]
  }

  private struct DeviceFacts: Encodable {
    let name: String
    let vramBytes: Int64
    let freeBytes: Int64
    let source: String
    let cards: Int
    let bandwidthGBps: Double?
    let pricePerHour: Double?

    init(_ device: Device) {
      name = device.name
      vramBytes = device.total.bytes
      freeBytes = device.free.bytes
      source = device.source.rawValue
      cards = device.cards.count
      bandwidthGBps = device.cards.count == 1 ? device.cards[0].bandwidth : nil
      pricePerHour = device.price
    }
  }

  private struct Model: Encodable {
    let id: String
    let architecture: String
    let parameters: Int64
    let verified: Bool
    let candidates: [Need]
  }

  private struct Need: Encodable {
    let quantization: String
    let file: String?
    /// Whether there is such a file; else it is what one would need.
    let published: Bool
    let engine: Engine
    let source: FitEvidence
    let device: String?
    let fileBytes: Int64
    let weightsBytes: Int64
    let kvBytes: Int64
    let stateBytes: Int64
    let computeBytes: Int64
    let overheadBytes: Int64
    let totalBytes: Int64
    let marginBytes: Int64
    let hostBytes: Int64
    let verdict: FitVerdict
    let fits: Bool
    let maxContext: Int
    let gpuLayers: Int
    let layers: Int
    let expertLayersOnHost: Int
    let remedy: Remedy?
    let tokensPerSecondBound: Double?
  }

  /// With what it fits when not as asked for.
  private struct Remedy: Encodable {
    let context: Int
    let kvType: String
    let batch: Int
  }

  /// One document with every quantization of every model.
  ///
  /// - Throws: `EncodingError`.
  func json() throws -> String {
    let models = rows.map { row in
      Model(
        id: row.subject.id, architecture: row.subject.shape.architecture, parameters: row.subject.shape.parameters,
        verified: row.subject.isVerified,
        candidates: row.candidates.flatMap { candidate in
          zip(devices, candidate.estimates).map { device, estimate in
            need(candidate.offer, estimate, layers: row.subject.shape.layers, device: device)
          }
        })
    }
    guard let first = devices.first else { return "" }
    return try JSONOutput.document(
      Document(
        device: DeviceFacts(first), devices: devices.count > 1 ? devices.map(DeviceFacts.init) : nil,
        context: request.context, kvType: request.kvType.rawValue, batch: request.batch,
        flashAttention: request.flashAttention, sequences: request.sequences, models: models))
  }

  private func need(_ offer: FitSubject.Offer, _ estimate: Estimate, layers: Int, device: Device) -> Need {
    Need(
      quantization: offer.quantization, file: offer.file, published: offer.file != nil, engine: offer.engine,
      source: offer.evidence, device: devices.count > 1 ? device.name : nil, fileBytes: offer.fileBytes,
      weightsBytes: estimate.weights.bytes, kvBytes: estimate.kvCache.bytes, stateBytes: estimate.state.bytes,
      computeBytes: estimate.compute.bytes, overheadBytes: estimate.overhead.bytes,
      totalBytes: estimate.total.bytes, marginBytes: estimate.margin.bytes, hostBytes: estimate.host.bytes,
      verdict: estimate.verdict, fits: estimate.fits, maxContext: estimate.maxContext, gpuLayers: estimate.gpuLayers,
      layers: layers,
      expertLayersOnHost: estimate.expertLayersOnHost,
      remedy: estimate.remedy.map { Remedy(context: $0.context, kvType: $0.kvType.rawValue, batch: $0.batch) },
      tokensPerSecondBound: estimate.tokensPerSecond)
  }
}
