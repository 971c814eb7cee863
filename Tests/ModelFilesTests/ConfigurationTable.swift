/// What each recorded `config.json` has to give, found by reading the files, not by running the reader.
///
/// A line a file, below the name of its folder: name, architecture, layers, hidden size, heads, key and value heads
/// (`0*48 4*16`: 48 layers without, 16 with 4), length of a head (key/value where they differ), vocabulary, context,
/// feed-forward width, experts (all/used/width, `-` where it is the feed-forward width), window. Or the name and why there
/// is no shape.
///
/// By hand, since the plain keys do not say it: latent attention keeps `kv_lora_rank + qk_rope_head_dim` elements;
/// hybrid models keep keys in few layers (their lists counted); the longest head of Gemma 4 is `global_head_dim`;
/// Llama 4 and MiniMax-M3 name the dense width apart; Qwen 1 states twice its width; gpt2, gptj, phi-msft and falcon
/// are four times as wide inside; falcon never states its context of 2048; llava's and xgenmm's language models leave
/// out what is the default of their class (Llama-2-7B, Phi-3-mini); chatglm and gpt_bigcode share key heads by a flag.
enum ConfigurationTable {
  static let text = """
    # aiconfigurator
    MiniMaxAI--MiniMax-M2.5|minimax_m2|62|3072|48|8|128|200064|196608|1536|256/8/-|-
    MiniMaxAI--MiniMax-M2.7|minimax_m2|62|3072|48|8|128|200064|204800|1536|256/8/-|-
    MiniMaxAI--MiniMax-M3|minimax_m3|60|6144|64|4|128|200064|1048576|12288|128/4/3072|-
    Qwen--Qwen3-0.6B|qwen3|28|1024|16|8|128|151936|40960|3072|-|-
    Qwen--Qwen3-1.7B|qwen3|28|2048|16|8|128|151936|40960|6144|-|-
    Qwen--Qwen3-235B-A22B-FP8|qwen3_moe|94|4096|64|4|128|151936|40960|12288|128/8/1536|-
    Qwen--Qwen3-235B-A22B|qwen3_moe|94|4096|64|4|128|151936|40960|12288|128/8/1536|-
    Qwen--Qwen3-30B-A3B-FP8|qwen3_moe|48|2048|32|4|128|151936|40960|6144|128/8/768|-
    Qwen--Qwen3-30B-A3B|qwen3_moe|48|2048|32|4|128|151936|40960|6144|128/8/768|-
    Qwen--Qwen3-32B-FP8-Static-PerTensor|qwen3|64|5120|64|8|128|151936|40960|25600|-|-
    Qwen--Qwen3-32B-FP8|qwen3|64|5120|64|8|128|151936|40960|25600|-|-
    Qwen--Qwen3-32B|qwen3|64|5120|64|8|128|151936|40960|25600|-|-
    Qwen--Qwen3-8B|qwen3|36|4096|32|8|128|151936|40960|12288|-|-
    Qwen--Qwen3-Coder-480B-A35B-Instruct|qwen3_moe|62|6144|96|8|128|151936|262144|8192|160/8/2560|-
    Qwen--Qwen3-VL-235B-A22B-Instruct|qwen3_vl_moe_text|94|4096|64|4|128|151936|262144|12288|128/8/1536|-
    Qwen--Qwen3-VL-2B-Instruct|qwen3_vl_text|28|2048|16|8|128|151936|262144|6144|-|-
    Qwen--Qwen3-VL-30B-A3B-Instruct|qwen3_vl_moe_text|48|2048|32|4|128|151936|262144|6144|128/8/768|-
    Qwen--Qwen3-VL-32B-Instruct|qwen3_vl_text|64|5120|64|8|128|151936|262144|25600|-|-
    Qwen--Qwen3-VL-32B-Thinking|qwen3_vl_text|64|5120|64|8|128|151936|262144|25600|-|-
    Qwen--Qwen3-VL-4B-Instruct|qwen3_vl_text|36|2560|32|8|128|151936|262144|9728|-|-
    Qwen--Qwen3-VL-8B-Instruct|qwen3_vl_text|36|4096|32|8|128|151936|262144|12288|-|-
    Qwen--Qwen3.5-122B-A10B|qwen3_5_moe_text|48|3072|32|0*36 2*12|256|248320|262144|1024|256/8/-|-
    Qwen--Qwen3.5-27B|qwen3_5_text|64|5120|24|0*48 4*16|256|248320|262144|17408|-|-
    Qwen--Qwen3.5-35B-A3B|qwen3_5_moe_text|40|2048|16|0*30 2*10|256|248320|262144|512|256/8/-|-
    Qwen--Qwen3.5-397B-A17B|qwen3_5_moe_text|60|4096|32|0*45 2*15|256|248320|262144|1024|512/10/-|-
    XiaomiMiMo--MiMo-7B-Base|mimo|36|4096|32|8|128|151680|32768|11008|-|-
    XiaomiMiMo--MiMo-V2-Flash|mimo_v2_flash|48|4096|64|4*9 8*39|192/128|152576|262144|16384|256/8/2048|128
    deepseek-ai--DeepSeek-R1|deepseek_v3|61|7168|128|1|576/512|129280|163840|18432|256/8/2048|-
    deepseek-ai--DeepSeek-V3.2|deepseek_v32|61|7168|128|1|576/512|129280|163840|18432|256/8/2048|-
    deepseek-ai--DeepSeek-V3|deepseek_v3|61|7168|128|1|576/512|129280|163840|18432|256/8/2048|-
    deepseek-ai--DeepSeek-V4-Flash|deepseek_v4|43|4096|64|1|512|129280|1048576|2048|256/6/-|128
    deepseek-ai--DeepSeek-V4-Pro|deepseek_v4|61|7168|128|1|512|129280|1048576|3072|384/6/-|128
    google--gemma-4-26B-A4B|gemma4_text|30|2816|16|2*5 8*25|512|262144|262144|2112|128/8/704|1024
    meta-llama--Llama-4-Maverick-17B-128E-Instruct|llama4_text|48|5120|40|8|128|202048|1048576|16384|128/1/8192|8192
    meta-llama--Llama-4-Scout-17B-16E-Instruct|llama4_text|48|5120|40|8|128|202048|10485760|16384|16/1/8192|8192
    meta-llama--Meta-Llama-3.1-405B|llama|126|16384|128|8|128|128256|131072|53248|-|-
    meta-llama--Meta-Llama-3.1-70B|llama|80|8192|64|8|128|128256|131072|28672|-|-
    meta-llama--Meta-Llama-3.1-8B|llama|32|4096|32|8|128|128256|131072|14336|-|-
    mistralai--Mixtral-8x22B-v0.1|mixtral|56|6144|48|8|128|32000|65536|16384|8/2/-|-
    mistralai--Mixtral-8x7B-v0.1|mixtral|32|4096|32|8|128|32000|32768|14336|8/2/-|-
    moonshotai--Kimi-K2-Instruct|kimi_k2|61|7168|64|1|576/512|163840|131072|18432|384/8/2048|-
    moonshotai--Kimi-K2.5|kimi_k2|61|7168|64|1|576/512|163840|262144|18432|384/8/2048|-
    moonshotai--Kimi-K3|kimi_linear|93|7168|96|0*69 1*24|576/512|163840|1048576|33792|896/16/3072|-
    nvidia--DeepSeek-V3.1-NVFP4|deepseek_v3|61|7168|128|1|576/512|129280|163840|18432|256/8/2048|-
    nvidia--DeepSeek-V3.2-NVFP4|deepseek_v32|61|7168|128|1|576/512|129280|163840|18432|256/8/2048|-
    nvidia--DeepSeek-V4-Flash-NVFP4|deepseek_v4|43|4096|64|1|512|129280|1048576|2048|256/6/-|128
    nvidia--DeepSeek-V4-Pro-NVFP4|deepseek_v4|61|7168|128|1|512|129280|1048576|3072|384/6/-|128
    nvidia--GLM-5-NVFP4|glm_moe_dsa|78|6144|64|1|576/512|154880|202752|12288|256/8/2048|-
    nvidia--GLM-5.1-NVFP4|glm_moe_dsa|78|6144|64|1|576/512|154880|202752|12288|256/8/2048|-
    nvidia--GLM-5.2-NVFP4|glm_moe_dsa|78|6144|64|1|576/512|154880|1048576|12288|256/8/2048|-
    nvidia--Gemma-4-26B-A4B-NVFP4|gemma4_text|30|2816|16|2*5 8*25|512|262144|262144|2112|128/8/704|1024
    nvidia--Gemma-4-31B-IT-NVFP4|gemma4_text|60|5376|32|4*10 16*50|512|262144|262144|21504|-|1024
    nvidia--Kimi-K2.5-NVFP4|deepseek_v3|61|7168|64|1|576/512|163840|262144|18432|384/8/2048|-
    nvidia--Kimi-K2.6-NVFP4|deepseek_v3|61|7168|64|1|576/512|163840|262144|18432|384/8/2048|-
    nvidia--Kimi-K2.7-Code-NVFP4|deepseek_v3|61|7168|64|1|576/512|163840|262144|18432|384/8/2048|-
    nvidia--Llama-3.1-70B-Instruct-FP8|llama|80|8192|64|8|128|128256|131072|28672|-|-
    nvidia--Llama-3_3-Nemotron-Super-49B-v1|nemotron-nas|80|8192|64|0*31 8*49|128|128256|131072|28672|-|-
    nvidia--MiniMax-M2.5-NVFP4|minimax_m2|62|3072|48|8|128|200064|196608|1536|256/8/-|-
    nvidia--MiniMax-M2.7-NVFP4|minimax_m2|62|3072|48|8|128|200064|196608|1536|256/8/-|-
    nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-BF16|nemotron_h|52|2688|32|0*46 2*6|128|131072|262144|1856|128/6/-|-
    nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4|nemotron_h|52|2688|32|0*46 2*6|128|131072|262144|1856|128/6/-|-
    nvidia--NVIDIA-Nemotron-3-Super-120B-A12B-FP8|nemotron_h|88|4096|32|0*80 2*8|128|131072|262144|2688|512/22/-|-
    nvidia--NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4|nemotron_h|88|4096|32|0*80 2*8|128|131072|262144|2688|512/22/-|-
    nvidia--NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16|nemotron_h|108|8192|64|0*96 2*12|128|131072|262144|5120|512/22/-|-
    nvidia--NVIDIA-Nemotron-3-Ultra-550B-A55B-FP8|nemotron_h|108|8192|64|0*96 2*12|128|131072|262144|5120|512/22/-|-
    nvidia--NVIDIA-Nemotron-3-Ultra-550B-A55B-NVFP4|nemotron_h|108|8192|64|0*96 2*12|128|131072|262144|5120|512/22/-|-
    nvidia--NVIDIA-Nemotron-3.5-Lightning-30B-A3B-NVFP4|nemotron_h|52|2688|32|0*46 2*6|128|131072|1048576|1856|128/6/-|-
    nvidia--Nemotron-H-56B-Base-8K|nemotron_h|118|8192|64|0*108 8*10|128|131072|8192|32768|-|-
    nvidia--Qwen3-235B-A22B-NVFP4|qwen3_moe|94|4096|64|4|128|151936|40960|12288|128/8/1536|-
    nvidia--Qwen3.5-122B-A10B-NVFP4|qwen3_5_moe_text|48|3072|32|0*36 2*12|256|248320|262144|1024|256/8/-|-
    nvidia--Qwen3.5-397B-A17B-NVFP4|qwen3_5_moe_text|60|4096|32|0*45 2*15|256|248320|262144|1024|512/10/-|-
    nvidia--Qwen3.6-27B-NVFP4|qwen3_5_text|64|5120|24|0*48 4*16|256|248320|262144|17408|-|-
    nvidia--Qwen3.6-35B-A3B-NVFP4|qwen3_5_moe_text|40|2048|16|0*30 2*10|256|248320|262144|512|256/8/-|-
    openai--gpt-oss-120b|gpt_oss|36|2880|64|8|64|201088|131072|2880|128/4/-|128
    openai--gpt-oss-20b|gpt_oss|24|2880|64|8|64|201088|131072|2880|32/4/-|128
    sgl-project--DeepSeek-V4-Flash-FP8|deepseek_ref|43|4096|64|1|512|129280|1048576|2048|256/6/-|128
    sgl-project--DeepSeek-V4-Pro-FP8|deepseek_ref|61|7168|128|1|512|129280|1048576|3072|384/6/-|128
    stepfun-ai--Step-3.7-Flash-FP8|step3p7|45|4096|64|8|128|128896|65536|11264|288/8/1280|512
    stepfun-ai--Step-3.7-Flash|step3p7|45|4096|64|8|128|128896|65536|11264|288/8/1280|512
    zai-org--GLM-5-FP8|glm_moe_dsa|78|6144|64|1|576/512|154880|202752|12288|256/8/2048|-
    zai-org--GLM-5.1-FP8|glm_moe_dsa|78|6144|64|1|576/512|154880|202752|12288|256/8/2048|-
    zai-org--GLM-5.1|glm_moe_dsa|78|6144|64|1|576/512|154880|202752|12288|256/8/2048|-
    zai-org--GLM-5.2-FP8|glm_moe_dsa|78|6144|64|1|576/512|154880|1048576|12288|256/8/2048|-
    zai-org--GLM-5.2|glm_moe_dsa|78|6144|64|1|576/512|154880|1048576|12288|256/8/2048|-
    zai-org--GLM-5|glm_moe_dsa|78|6144|64|1|576/512|154880|202752|12288|256/8/2048|-
    # awq
    Qwen--Qwen2.5-72B-Instruct-AWQ.core-fields|qwen2|80|8192|64|8|128|152064|32768|29568|-|-
    Qwen--Qwen3-4B-AWQ.core-fields|no vocabulary size
    # git-mirrors
    1PARAMMYL-8B-ModelStock|llama|32|4096|32|8|128|128256|131072|14336|-|-
    2PRYMMAL-Yi1.5-6B-SLERP|llama|32|4096|32|4|128|64000|4096|11008|-|-
    3PRYMMAL-PHI3-3B-SLERP|phi3|32|3072|32|32|96|32064|4096|8192|-|2047
    Atom-7B|llama|32|4096|32|32|128|65000|4096|11008|-|-
    Backup_hf_sakura-14b-qwen2.5-v1.0-q6k|qwen2|48|5120|40|8|128|152064|131072|13824|-|-
    COBOLpro_llama65B_Fined_tuned_LLM|llama|48|8192|64|8|128|32004|16384|22016|-|-
    Code_Llama2_Finetune|llama|32|4096|32|32|128|32016|16384|11008|-|-
    Genz-70b-GPTQ|llama|80|8192|64|8|128|32000|4096|28672|-|-
    Llama-2-13B-Computer-Engineering-|llama|40|5120|40|40|128|32000|2048|13824|-|-
    Llama-3.1-8B-Computer-Networks-LLM|llama|32|4096|32|8|128|128256|131072|14336|-|-
    Llama-3.2-1B-ComputerEngineeringLLM|llama|16|2048|32|8|64|128256|131072|8192|-|-
    Llama3-GGuf|llama|32|4096|32|8|128|128256|8192|14336|-|-
    Meta-Llama3.1-8B-Instruct-assessment|llama|32|4096|32|8|128|128256|131072|14336|-|-
    Pygmalion-7b-Merged-Safetensors|llama|32|4096|32|32|128|32000|2048|11008|-|-
    Quantization-of-LLM-s|phi|32|2560|32|32|80|51200|2048|10240|-|-
    Qwen-7B-Chat-Cantonese|qwen|32|4096|32|32|128|151936|32768|11008|-|-
    Qwen-VL-Chat-Int4|qwen|32|4096|32|32|128|151936|8192|11008|-|-
    RUTERGPT13B|llama|40|5120|40|40|128|32000|4096|13824|-|-
    Reflection-Llama-3.1-70B|llama|80|8192|64|8|128|128262|8192|28672|-|-
    RiseUp-UBS-Hackathon|gemma2|26|2304|8|4|256|256000|8192|9216|-|4096
    Triangulum|llama|40|3072|12|4|256|131072|32768|23040|-|-
    Wizard-Vicuna-30B-Uncensored-GPTQ|llama|60|6656|52|52|128|32000|2048|17920|-|-
    WizardLM-2-8x22B|mixtral|56|6144|48|8|128|32000|65536|16384|8/2/-|-
    deepcogito-cogito-v1-preview-qwen-14B|qwen2|48|5120|40|8|128|151665|131072|13824|-|-
    digital_person_1|qwen2|36|2048|16|2|128|151936|32768|11008|-|-
    dolphin3-mistral|mistral|40|5120|32|8|128|131074|32768|32768|-|-
    eval_llm|phi3|32|3072|32|32|96|32064|4096|8192|-|2047
    falcon-180B-chat|falcon|80|14848|232|8|64|65024|2048|59392|-|-
    fast_qwen|qwen3_5_text|64|5120|24|0*48 4*16|256|248320|262144|17408|-|-
    granite-3b-code-instruct-128k|llama|32|2560|32|32|80|49152|128000|10240|-|-
    graniteModelWithoutGGUF|llama|32|4096|32|32|128|32008|4096|11008|-|-
    llama|llama|32|4096|32|32|128|32000|2048|11008|-|-
    llama3v--llama3v--config|llama3v|32|4096|32|8|128|128256|8192|14336|-|-
    llama_2_13_B_chat_GPTQ|llama|40|5120|40|40|128|32000|4096|13824|-|-
    llama_3.2-3B-huggingface-shard0|llama|28|3072|24|8|128|128256|131072|8192|-|-
    llama_chatbot--final_merged_checkpoint--config|llama|32|4096|32|32|128|32000|4096|11008|-|-
    lzlv_70b_fp16_hf|llama|80|8192|64|8|128|32000|4096|28672|-|-
    mcp_tests--config_AWQ|mistral4|36|4096|32|1|320/256|131072|1048576|12288|128/4/2048|-
    mcp_tests|mistral4|36|4096|32|1|320/256|131072|1048576|12288|128/4/2048|-
    mistral-7b-v03-instruct|mistral|32|4096|32|8|128|32768|32768|14336|-|-
    mistralai-Devstral-Small-2507|mistral|40|5120|32|8|128|131072|131072|32768|-|-
    mpx|qwen2|48|5120|40|8|128|152064|131072|13824|-|-
    qianwen-72B|qwen|80|8192|64|64|128|152064|8192|24576|-|-
    qingshanyiliao--Qwen-7B-Chat-Int4--config|qwen|32|4096|32|32|128|151936|32768|11008|-|-
    qingshanyiliao|qwen|32|4096|32|32|128|151936|32768|11008|-|-
    slm-aplit|phimoe|32|4096|16|4|128|32064|4096|448|16/2/-|2047
    timelyMeal|gemma3_text|34|2560|8|4|256|262208|131072|10240|-|1024
    vicuna|llama|40|5120|40|40|128|32001|2048|13824|-|-
    # inference-sim
    codellama-34b-instruct-hf|llama|48|8192|64|8|128|32000|16384|22016|-|-
    deepseek-v2-lite|deepseek_v2|27|2048|16|1|576/512|102400|163840|10944|64/6/1408|-
    glm-5.2-fp8|glm_moe_dsa|78|6144|64|1|576/512|154880|1048576|12288|256/8/2048|-
    llama-2-7b-hf|llama|32|4096|32|32|128|32000|4096|11008|-|-
    llama-3.1-70b-instruct|llama|80|8192|64|8|128|128256|131072|28672|-|-
    llama-3.1-8b-instruct|llama|32|4096|32|8|128|128256|131072|14336|-|-
    llama-4-scout-17b-16e-instruct-fp8-dynamic|llama4_text|48|5120|40|8|128|202048|10485760|16384|16/1/8192|8192
    mistral-nemo-instruct-2407|mistral|40|5120|32|8|128|131072|131072|14336|-|-
    mixtral-8x7b-v0.1|mixtral|32|4096|32|8|128|32000|32768|14336|8/2/-|-
    qwen2.5-7b-instruct|qwen2|28|3584|28|4|128|152064|32768|18944|-|-
    qwen3-14b|qwen3|40|5120|40|8|128|151936|40960|17408|-|-
    qwen3-30b-a3b|qwen3_moe|48|2048|32|4|128|151936|40960|6144|128/8/768|-
    yi-34b|llama|60|7168|56|8|128|64000|4096|20480|-|-
    # llmservingsim
    Qwen--Qwen3-30B-A3B-Instruct-2507|qwen3_moe|48|2048|32|4|128|151936|262144|6144|128/8/768|-
    Qwen--Qwen3-32B|qwen3|64|5120|64|8|128|151936|40960|25600|-|-
    meta-llama--Llama-3.1-70B|llama|80|8192|64|8|128|128256|131072|28672|-|-
    meta-llama--Llama-3.1-8B|llama|32|4096|32|8|128|128256|131072|14336|-|-
    microsoft--Phi-mini-MoE-instruct|phimoe|32|4096|32|8|128|32064|4096|960|16/2/-|2047
    mistralai--Mixtral-8x7B-v0.1|mixtral|32|4096|32|8|128|32000|32768|14336|8/2/-|-
    # mlc-preset
    Mixtral-8x7B-v0.1|mixtral|32|4096|32|8|128|32000|32768|14336|8/2/-|-
    aya-23|cohere|32|4096|32|8|128|256000|8192|14336|-|-
    baichuan|baichuan|32|4096|32|32|128|125696|4096|11008|-|-
    chatglm|chatglm|28|4096|32|2|128|65024|8192|13696|-|-
    codellama_13b|llama|40|5120|40|40|128|32016|16384|13824|-|-
    codellama_34b|llama|48|8192|64|8|128|32016|16384|22016|-|-
    codellama_7b|llama|32|4096|32|32|128|32016|16384|11008|-|-
    deepseek|deepseek|28|2048|16|16|128|102400|4096|10944|64/6/1408|-
    deepseek_v2_lite|deepseek_v2|27|2048|16|1|576/512|102400|163840|10944|64/6/1408|-
    gemma2_27b|gemma2|46|4608|32|16|128|256000|8192|36864|-|4096
    gemma2_2b-jpn|gemma2|26|2304|8|4|256|256000|8192|9216|-|4096
    gemma2_2b|gemma2|26|2304|8|4|256|256000|8192|9216|-|4096
    gemma2_9b|gemma2|42|3584|16|8|256|256000|8192|14336|-|4096
    gemma3_1b_it|gemma3_text|26|1152|4|1|256|262144|32768|6912|-|512
    gemma_2b|gemma|18|2048|8|1|256|256000|8192|16384|-|-
    gpt2|gpt2|12|768|12|12|64|50257|1024|3072|-|-
    gpt2_medium|gpt2|24|1024|16|16|64|50257|1024|4096|-|-
    gpt_bigcode|gpt_bigcode|24|2048|16|1|128|49280|2048|8192|-|-
    gpt_j|gptj|28|4096|16|16|256|50400|2048|16384|-|-
    internlm|internlm|32|4096|32|32|128|103168|2048|11008|-|-
    internlm2|internlm2|32|4096|32|8|128|92544|32768|14336|-|-
    internlm2_5_7b|internlm2|32|4096|32|8|128|92544|32768|14336|-|-
    llama2_13b|llama|40|5120|40|40|128|32000|2048|13824|-|-
    llama2_70b|llama|80|8192|64|8|128|32000|2048|28672|-|-
    llama2_7b|llama|32|4096|32|32|128|32000|2048|11008|-|-
    llama3_1_70b|llama|80|8192|64|8|128|128256|131072|28672|-|-
    llama3_1_8b|llama|32|4096|32|8|128|128256|131072|14336|-|-
    llama3_2_1b|llama|16|2048|32|8|64|128256|131072|8192|-|-
    llama3_2_3b|llama|28|3072|24|8|128|128256|131072|8192|-|-
    llava|llama|32|4096|32|32|128|32064|4096|11008|-|-
    minicpm-moe-8x2b|minicpm|40|2304|36|36|64|122753|4096|5760|8/2/-|-
    minicpm_2b|minicpm|40|2304|36|36|64|122760|65536|5760|-|-
    minicpm_2b_sft_bf16|minicpm|40|2304|36|36|64|122753|4096|5760|-|-
    ministral3_3b_2512|ministral3|26|3072|32|8|128|131072|262144|9216|-|-
    mistral_7b|mistral|32|4096|32|8|128|32000|32768|14336|-|4096
    mistral_7b_v03|mistral|32|4096|32|8|128|32768|32768|14336|-|-
    olmo2_13b|olmo2|40|5120|40|40|128|100352|4096|13824|-|-
    olmo2_32b|olmo2|64|5120|40|8|128|100352|4096|27648|-|-
    olmo2_7b|olmo2|32|4096|32|32|128|100352|4096|11008|-|-
    orion|orion|40|5120|40|40|128|84608|4096|15360|-|-
    phi-1_5|phi-msft|24|2048|32|32|64|51200|2048|8192|-|-
    phi-2|phi-msft|32|2560|32|32|80|51200|2048|10240|-|-
    phi-3_5-vision|phi3_v|32|3072|32|32|96|32064|131072|8192|-|-
    phi-3_5|phi3|32|3072|32|32|96|32064|131072|8192|-|-
    phi-4|phi3|32|3072|24|8|128|200064|131072|8192|-|-
    qwen|qwen|24|2048|16|16|128|151936|8192|5504|-|-
    qwen2.5_3b|qwen2|36|2048|16|2|128|151936|32768|11008|-|-
    qwen2|qwen2|24|2048|16|16|128|151936|4096|5504|-|-
    qwen2_0_5b|qwen2|24|896|14|2|64|151936|32768|4864|-|-
    qwen2_1_5b|qwen2|28|1536|12|2|128|151936|32768|8960|-|-
    qwen2_7b|qwen2|28|3584|28|4|128|152064|32768|18944|-|-
    qwen2moe|qwen2_moe|24|2048|16|16|128|151936|32768|5632|60/4/1408|-
    qwen3_0.6b|qwen3|28|1024|16|8|128|151936|40960|3072|-|-
    qwen3_1.7b|qwen3|28|2048|16|8|128|151936|40960|6144|-|-
    redpajama_3b_v1|gpt_neox|32|2560|32|32|80|50432|2048|10240|-|-
    rwkv5_3b|recurrent 'rwkv5'
    smollm2_135m|llama|30|576|9|3|64|49152|8192|1536|-|-
    smollm2_360m|llama|32|960|15|5|64|49152|8192|2560|-|-
    smollm_135m|llama|30|576|9|3|64|49152|2048|1536|-|-
    smollm_1_7b|llama|24|2048|32|32|64|49152|2048|8192|-|-
    smollm_360m|llama|32|960|15|5|64|49152|2048|2560|-|-
    snowflake-arctic-embed-m|encoder-only 'bert'
    stablelm-2-zephyr-1_6b|stablelm|24|2048|32|32|64|100352|4096|5632|-|-
    stablelm|stablelm|32|2560|32|32|80|50304|4096|6912|-|-
    starcoder2|starcoder2|32|4608|36|4|128|49152|16384|18432|-|4096
    tinyllama_1b_chat_v0.4|llama|22|2048|32|4|64|32003|2048|5632|-|-
    tinyllama_1b_chat_v1.0|llama|22|2048|32|4|64|32000|2048|5632|-|-
    # neuronx
    13B_config_llama2--config|llama|40|5120|40|40|128|32016|16384|13824|-|-
    70B_config_llama2--config|llama|80|8192|64|8|128|32000|4096|28672|-|-
    70B_config_llama3--config|llama|80|8192|64|8|128|128256|8192|28672|-|-
    70B_config_llama3.1--config|llama|80|8192|64|8|128|128256|131072|28672|-|-
    7B_config_llama2--config|llama|32|4096|32|32|128|32000|2048|11008|-|-
    8B_config_llama3--config|llama|32|4096|32|8|128|128256|8192|14336|-|-
    8B_config_llama3.1--config|llama|32|4096|32|8|128|128256|131072|14336|-|-
    configs--8x1b_config|mixtral|4|1024|32|32|32|32000|4096|3584|8/2/-|-
    configs--8x7b_config|mixtral|32|4096|32|32|128|32000|4096|14336|8/2/-|-
    finetune_config--config|llama|32|4096|32|32|128|32000|2048|11008|-|-
    # rtp-llm
    GLM-4.5|glm4_moe|92|5120|96|8|128|151552|131072|12288|160/8/1536|-
    Kimi-K2|kimi_k2|61|7168|64|1|576/512|163840|131072|18432|384/8/2048|-
    llama1-decapoda-style-shrunk|llama|1|256|2|2|128|32000|2048|640|-|-
    # xpu-perf
    DeepSeek-V3.1|deepseek_v3|61|7168|128|1|576/512|129280|163840|18432|256/8/2048|-
    qwen3-235b-a22b|qwen3_moe|94|4096|64|4|128|151936|40960|12288|128/8/1536|-
    qwen3-32b|qwen3|64|5120|64|8|128|151936|40960|25600|-|-
    seed-oss-36b|seed_oss|64|5120|80|8|128|155136|524288|27648|-|-
    """
}
