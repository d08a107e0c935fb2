<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>heddle::PictureWriter</name>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>faults: %1</source>
        <translation>故障：%1</translation>
    </message>
</context>
<context>
    <name>heddle::TimelineLayout</name>
    <message>
        <source>Processors</source>
        <translation>处理器</translation>
    </message>
    <message>
        <source>CPU %1</source>
        <translation>CPU %1</translation>
    </message>
    <message>
        <source>process %1</source>
        <translation>进程 %1</translation>
    </message>
    <message>
        <source>Objects</source>
        <translation>对象</translation>
    </message>
    <message>
        <source>Coroutines</source>
        <translation>协程</translation>
    </message>
    <message>
        <source>first %1 of %2</source>
        <translation>前 %1 个，共 %2 个</translation>
    </message>
</context>
<context>
    <name>heddle::TimelineLegend</name>
    <message>
        <source>on a processor</source>
        <translation>在处理器上运行</translation>
    </message>
    <message>
        <source>ready, no processor free</source>
        <translation>就绪，没有空闲处理器</translation>
    </message>
    <message>
        <source>off the processor</source>
        <translation>未在处理器上</translation>
    </message>
    <message>
        <source>waits: %1</source>
        <translation>等待：%1</translation>
    </message>
    <message>
        <source>coroutine runs</source>
        <translation>协程运行</translation>
    </message>
    <message>
        <source>coroutine is ready</source>
        <translation>协程就绪</translation>
    </message>
</context>
<context>
    <name>heddle::WaitReason</name>
    <message>
        <source>waiting</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>queue empty</source>
        <translation>队列为空</translation>
    </message>
    <message>
        <source>queue full</source>
        <translation>队列已满</translation>
    </message>
    <message>
        <source>unfinished items</source>
        <translation>有未完成的项</translation>
    </message>
    <message>
        <source>event</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>lock</source>
        <translation>锁</translation>
    </message>
    <message>
        <source>semaphore</source>
        <translation>信号量</translation>
    </message>
    <message>
        <source>barrier</source>
        <translation>屏障</translation>
    </message>
    <message>
        <source>result</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>thread&apos;s end</source>
        <translation>线程结束</translation>
    </message>
    <message>
        <source>idle worker</source>
        <translation>空闲的工作线程</translation>
    </message>
    <message>
        <source>sleep</source>
        <translation>休眠</translation>
    </message>
    <message>
        <source>input/output</source>
        <translation>输入输出</translation>
    </message>
    <message>
        <source>blocking signal</source>
        <translation>阻塞信号</translation>
    </message>
    <message>
        <source>idle event loop</source>
        <translation>空闲的事件循环</translation>
    </message>
    <message>
        <source>condition</source>
        <translation>条件</translation>
    </message>
</context>
<context>
    <name>heddle::studio::KeyboardMap</name>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>F5</source>
        <translation>F5</translation>
    </message>
    <message>
        <source>run the chosen pattern</source>
        <translation>运行所选模式</translation>
    </message>
    <message>
        <source>Shift+F5</source>
        <translation>Shift+F5</translation>
    </message>
    <message>
        <source>ask the run to stop</source>
        <translation>请求停止运行</translation>
    </message>
    <message>
        <source>Ctrl+Shift+F5</source>
        <translation>Ctrl+Shift+F5</translation>
    </message>
    <message>
        <source>end the run by force</source>
        <translation>强制结束运行</translation>
    </message>
    <message>
        <source>Ctrl+O</source>
        <translation>Ctrl+O</translation>
    </message>
    <message>
        <source>open a trace</source>
        <translation>打开跟踪</translation>
    </message>
    <message>
        <source>Ctrl+W</source>
        <translation>Ctrl+W</translation>
    </message>
    <message>
        <source>close the tab</source>
        <translation>关闭标签页</translation>
    </message>
    <message>
        <source>W, S</source>
        <translation>W、S</translation>
    </message>
    <message>
        <source>zoom in, zoom out</source>
        <translation>放大、缩小</translation>
    </message>
    <message>
        <source>A, D</source>
        <translation>A、D</translation>
    </message>
    <message>
        <source>pan left, pan right</source>
        <translation>左移、右移</translation>
    </message>
    <message>
        <source>F</source>
        <translation>F</translation>
    </message>
    <message>
        <source>fit the selection, or all</source>
        <translation>适应所选内容或全部</translation>
    </message>
    <message>
        <source>Ctrl+0</source>
        <translation>Ctrl+0</translation>
    </message>
    <message>
        <source>fit the whole trace</source>
        <translation>显示整个跟踪</translation>
    </message>
    <message>
        <source>Home, End</source>
        <translation>Home、End</translation>
    </message>
    <message>
        <source>go to the start, to the end; End follows a run</source>
        <translation>到开头、到结尾；End 会跟随正在进行的运行</translation>
    </message>
    <message>
        <source>Up, Down</source>
        <translation>上、下</translation>
    </message>
    <message>
        <source>select in the row above, below</source>
        <translation>在上一行、下一行中选择</translation>
    </message>
    <message>
        <source>Comma, Full stop</source>
        <translation>逗号、句号</translation>
    </message>
    <message>
        <source>select the previous, next of the same name</source>
        <translation>选择上一个、下一个同名项</translation>
    </message>
    <message>
        <source>Esc</source>
        <translation>Esc</translation>
    </message>
    <message>
        <source>select nothing</source>
        <translation>取消选择</translation>
    </message>
    <message>
        <source>Ctrl+wheel</source>
        <translation>Ctrl+滚轮</translation>
    </message>
    <message>
        <source>zoom at the pointer</source>
        <translation>在指针处缩放</translation>
    </message>
    <message>
        <source>Drag, Shift+wheel</source>
        <translation>拖动、Shift+滚轮</translation>
    </message>
    <message>
        <source>pan</source>
        <translation>平移</translation>
    </message>
    <message>
        <source>Shift+drag</source>
        <translation>Shift+拖动</translation>
    </message>
    <message>
        <source>measure a stretch of time</source>
        <translation>测量一段时间</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>双击</translation>
    </message>
    <message>
        <source>fit what was clicked</source>
        <translation>显示所点击的内容</translation>
    </message>
</context>
<context>
    <name>heddle::studio::LegendStrip</name>
    <message>
        <source>Legend</source>
        <translation>图例</translation>
    </message>
</context>
<context>
    <name>heddle::studio::LessonPanel</name>
    <message>
        <source>Lesson</source>
        <translation>课程</translation>
    </message>
    <message>
        <source>This pattern has no lesson.</source>
        <translation>此模式没有课程。</translation>
    </message>
</context>
<context>
    <name>heddle::studio::LogPanel</name>
    <message>
        <source>What a run says appears here.</source>
        <translation>运行时的消息显示在这里。</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>error: </source>
        <translation>错误：</translation>
    </message>
    <message>
        <source>warning: </source>
        <translation>警告：</translation>
    </message>
</context>
<context>
    <name>heddle::studio::MainWindow</name>
    <message>
        <source>Idle</source>
        <translation>空闲</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>正在启动</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>正在运行</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>正在停止</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>已失败</translation>
    </message>
    <message>
        <source>Crashed</source>
        <translation>已崩溃</translation>
    </message>
    <message>
        <source>Timed out</source>
        <translation>已超时</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>&lt;h2&gt;See what threads really do&lt;/h2&gt;&lt;p&gt;Choose a pattern on the left and press &lt;b&gt;F5&lt;/b&gt; to run it.&lt;br&gt;Or open a trace with &lt;b&gt;Ctrl+O&lt;/b&gt;, or drop one here.&lt;/p&gt;&lt;p style=&apos;color:gray&apos;&gt;W S zoom · A D pan · F fit · click to inspect · ? for all keys&lt;/p&gt;</source>
        <translation>&lt;h2&gt;看清线程究竟在做什么&lt;/h2&gt;&lt;p&gt;在左侧选择一个模式，按 &lt;b&gt;F5&lt;/b&gt; 运行。&lt;br&gt;也可以按 &lt;b&gt;Ctrl+O&lt;/b&gt; 打开跟踪文件，或把文件拖到这里。&lt;/p&gt;&lt;p style=&apos;color:gray&apos;&gt;W S 缩放 · A D 平移 · F 适应 · 单击查看 · ? 查看所有按键&lt;/p&gt;</translation>
    </message>
    <message>
        <source>Heddle Studio</source>
        <translation>Heddle Studio</translation>
    </message>
    <message>
        <source>Patterns</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>Configure</source>
        <translation>配置</translation>
    </message>
    <message>
        <source>Lesson</source>
        <translation>课程</translation>
    </message>
    <message>
        <source>Selection</source>
        <translation>所选内容</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>运行(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;End by Force</source>
        <translation>强制结束(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Open Trace…</source>
        <translation>打开跟踪(&amp;O)…</translation>
    </message>
    <message>
        <source>Zoom &amp;In</source>
        <translation>放大(&amp;I)</translation>
    </message>
    <message>
        <source>Zoom &amp;Out</source>
        <translation>缩小(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Fit Whole Trace</source>
        <translation>显示整个跟踪(&amp;F)</translation>
    </message>
    <message>
        <source>Run the chosen pattern (F5)</source>
        <translation>运行所选模式 (F5)</translation>
    </message>
    <message>
        <source>Ask the run to stop (Shift+F5)</source>
        <translation>请求停止运行 (Shift+F5)</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>Open &amp;Recent</source>
        <translation>最近打开(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>导出(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Close Tab</source>
        <translation>关闭标签页(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>Look for &amp;Plugins Again</source>
        <translation>重新查找插件(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>浅色(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>深色(&amp;D)</translation>
    </message>
    <message>
        <source>L&amp;anguage</source>
        <translation>语言(&amp;A)</translation>
    </message>
    <message>
        <source>As the &amp;System</source>
        <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
        <source>The language changes when the studio is started next.</source>
        <translation>语言将在下次启动时更改。</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Keys</source>
        <translation>按键(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;About Heddle</source>
        <translation>关于 Heddle(&amp;A)</translation>
    </message>
    <message>
        <source>About Heddle</source>
        <translation>关于 Heddle</translation>
    </message>
    <message>
        <source>&lt;h3&gt;Heddle Studio %1&lt;/h3&gt;&lt;p&gt;Runs concurrency patterns and shows what their threads really did.&lt;/p&gt;&lt;p&gt;GPL-3.0-or-later; the engine is Apache-2.0.&lt;/p&gt;</source>
        <translation>&lt;h3&gt;Heddle Studio %1&lt;/h3&gt;&lt;p&gt;运行并发模式，展示线程究竟做了什么。&lt;/p&gt;&lt;p&gt;GPL-3.0-or-later；引擎为 Apache-2.0。&lt;/p&gt;</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具栏</translation>
    </message>
    <message>
        <source>Wrote %1</source>
        <translation>已写入 %1</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>%1 slices · %2 waits · %3 flows · %4 lost</source>
        <translation>%1 个片段 · %2 次等待 · %3 条流 · %4 条丢失</translation>
    </message>
    <message>
        <source>Open Trace</source>
        <translation>打开跟踪</translation>
    </message>
    <message>
        <source>Traces (%1);;All files (*)</source>
        <translation>跟踪文件 (%1);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Export as %1</source>
        <translation>导出为 %1</translation>
    </message>
    <message>
        <source>%1…</source>
        <translation>%1…</translation>
    </message>
</context>
<context>
    <name>heddle::studio::OverviewStrip</name>
    <message>
        <source>Overview of the whole trace</source>
        <translation>整个跟踪的概览</translation>
    </message>
    <message>
        <source>Overview · %1</source>
        <translation>概览 · %1</translation>
    </message>
</context>
<context>
    <name>heddle::studio::ParameterForm</name>
    <message>
        <source>No folder chosen</source>
        <translation>未选择文件夹</translation>
    </message>
    <message>
        <source>No file chosen</source>
        <translation>未选择文件</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>选择文件夹</translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation>选择文件</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
</context>
<context>
    <name>heddle::studio::PatternList</name>
    <message>
        <source>Search patterns</source>
        <translation>搜索模式</translation>
    </message>
    <message>
        <source>Patterns</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>No patterns were found. Copy plugins into
%1</source>
        <translation>没有找到模式。请把插件复制到
%1</translation>
    </message>
    <message>
        <source>QtConcurrent</source>
        <translation>QtConcurrent</translation>
    </message>
    <message>
        <source>Signals</source>
        <translation>信号</translation>
    </message>
    <message>
        <source>Thread pool</source>
        <translation>线程池</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>其他</translation>
    </message>
</context>
<context>
    <name>heddle::studio::RecentFilesMenu</name>
    <message>
        <source>No files yet</source>
        <translation>还没有文件</translation>
    </message>
</context>
<context>
    <name>heddle::studio::RecordedReport</name>
    <message>
        <source>%1 records were lost while it was recorded.</source>
        <translation>录制时丢失了 %1 条记录。</translation>
    </message>
    <message>
        <source>How its run ended: %1</source>
        <translation>其运行的结局：%1</translation>
    </message>
</context>
<context>
    <name>heddle::studio::ResultsPanel</name>
    <message>
        <source>Result</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <source>Value or evidence</source>
        <translation>数值或依据</translation>
    </message>
    <message>
        <source>This invariant holds.</source>
        <translation>该不变式成立。</translation>
    </message>
    <message>
        <source>This invariant is broken.</source>
        <translation>该不变式被破坏。</translation>
    </message>
</context>
<context>
    <name>heddle::studio::RunForm</name>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Faults to switch on</source>
        <translation>要打开的故障</translation>
    </message>
    <message>
        <source>Choose a pattern on the left.</source>
        <translation>请在左侧选择一个模式。</translation>
    </message>
    <message>
        <source>The same seed makes the same choices.</source>
        <translation>相同的种子产生相同的选择。</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Reset to defaults</source>
        <translation>恢复默认值</translation>
    </message>
    <message>
        <source>Defaults</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>已更改</translation>
    </message>
</context>
<context>
    <name>heddle::studio::SelectionPanel</name>
    <message>
        <source>Selection</source>
        <translation>所选内容</translation>
    </message>
    <message>
        <source>%1 goes to</source>
        <translation>%1 去往</translation>
    </message>
    <message>
        <source>%1 comes from</source>
        <translation>%1 来自</translation>
    </message>
    <message>
        <source>after %1</source>
        <translation>%1 之后</translation>
    </message>
    <message>
        <source>%1 before</source>
        <translation>%1 之前</translation>
    </message>
    <message>
        <source>and more</source>
        <translation>等等</translation>
    </message>
    <message>
        <source>Thread</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>Duration</source>
        <translation>时长</translation>
    </message>
    <message>
        <source>%1, not ended</source>
        <translation>%1，未结束</translation>
    </message>
    <message>
        <source>On a processor</source>
        <translation>在处理器上</translation>
    </message>
    <message>
        <source>%1 (%2 %)</source>
        <translation>%1（%2 %）</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Waits for</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>Because</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Ended by</source>
        <translation>结束者</translation>
    </message>
    <message>
        <source>nobody: it still waits</source>
        <translation>无：仍在等待</translation>
    </message>
    <message>
        <source>its time limit</source>
        <translation>到达时限</translation>
    </message>
    <message>
        <source>Waiting: %1</source>
        <translation>等待：%1</translation>
    </message>
    <message>
        <source>On CPU %1</source>
        <translation>在 CPU %1 上</translation>
    </message>
    <message>
        <source>Ready, but no processor was free</source>
        <translation>已就绪，但没有空闲处理器</translation>
    </message>
    <message>
        <source>Off the processor</source>
        <translation>未在处理器上</translation>
    </message>
    <message>
        <source>CPU %1</source>
        <translation>CPU %1</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>种类</translation>
    </message>
    <message>
        <source>Capacity</source>
        <translation>容量</translation>
    </message>
    <message>
        <source>At</source>
        <translation>时刻</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Greatest</source>
        <translation>最大值</translation>
    </message>
    <message>
        <source>Measured: %1</source>
        <translation>测得：%1</translation>
    </message>
    <message>
        <source>From</source>
        <translation>从</translation>
    </message>
    <message>
        <source>To</source>
        <translation>到</translation>
    </message>
    <message>
        <source>a request to stop, from %1</source>
        <translation>来自 %1 的停止请求</translation>
    </message>
    <message>
        <source>a shut-down, by %1</source>
        <translation>由 %1 关闭</translation>
    </message>
    <message>
        <source>a request to stop</source>
        <translation>停止请求</translation>
    </message>
    <message>
        <source>Click a slice, a wait or a counter in the timeline to see what it was. Shift+drag measures a stretch of time.</source>
        <translation>点击时间线中的片段、等待或计数器，查看它是什么。Shift+拖动可测量一段时间。</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Made ready by</source>
        <translation>由谁唤醒</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>创建</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>循环</translation>
    </message>
    <message>
        <source>Coroutine: %1</source>
        <translation>协程：%1</translation>
    </message>
    <message>
        <source>Held by</source>
        <translation>持有者</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>无</translation>
    </message>
</context>
<context>
    <name>heddle::studio::TimelineView</name>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>Waiting for the first record …</source>
        <translation>正在等待第一条记录……</translation>
    </message>
    <message>
        <source>This trace holds nothing that can be drawn.</source>
        <translation>此跟踪中没有可绘制的内容。</translation>
    </message>
    <message>
        <source>Up and down select, from row to row; comma and full stop go to the previous and next of the same name. W and S zoom, A and D pan, F fits the selection.</source>
        <translation>上、下键逐行选择；逗号和句号转到上一个和下一个同名项。W 和 S 缩放，A 和 D 平移，F 适应所选内容。</translation>
    </message>
    <message>
        <source>There is no trace to show.</source>
        <translation>没有可显示的跟踪。</translation>
    </message>
</context>
<context>
    <name>heddle::studio::Tooltip</name>
    <message>
        <source>waits: %1, %2</source>
        <translation>等待：%1，%2</translation>
    </message>
    <message>
        <source>ended by %1</source>
        <translation>由 %1 结束</translation>
    </message>
    <message>
        <source>on CPU %1, %2</source>
        <translation>在 CPU %1 上，%2</translation>
    </message>
    <message>
        <source>ready, but no processor was free, %1</source>
        <translation>已就绪，但没有空闲处理器，%1</translation>
    </message>
    <message>
        <source>off the processor, %1</source>
        <translation>未在处理器上，%1</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>free</source>
        <translation>空闲</translation>
    </message>
    <message>
        <source>held by %1</source>
        <translation>由 %1 持有</translation>
    </message>
</context>
<context>
    <name>heddle::studio::TraceTab</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Follow the end</source>
        <translation>跟随末尾</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>An invariant is broken: %1</source>
        <translation>不变式不成立：%1</translation>
    </message>
    <message>
        <source>%1 records could not be kept: the recording was full faster than it was read. What is shown has gaps.</source>
        <translation>有 %1 条记录未能保存：写入快于读取，记录区已满。显示的内容有缺口。</translation>
    </message>
    <message>
        <source>Cancelled. What was there before is unchanged.</source>
        <translation>已取消。原有内容未改变。</translation>
    </message>
    <message>
        <source>Reading %1 …</source>
        <translation>正在读取 %1……</translation>
    </message>
    <message>
        <source>Writing %1 …</source>
        <translation>正在写入 %1……</translation>
    </message>
    <message>
        <source>This is no file</source>
        <translation>这不是文件</translation>
    </message>
    <message>
        <source>Convert it with the command heddle, which reads pipes too</source>
        <translation>请用命令 heddle 转换它，该命令也能读取管道</translation>
    </message>
    <message>
        <source>and more, in the log</source>
        <translation>更多内容见日志</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>Heddle Studio</source>
        <translation>Heddle Studio</translation>
    </message>
    <message>
        <source>Runs concurrency patterns and shows what their threads did.</source>
        <translation>运行并发模式，展示线程做了什么。</translation>
    </message>
    <message>
        <source>Traces to open.</source>
        <translation>要打开的跟踪文件。</translation>
    </message>
    <message>
        <source>Choose this pattern.</source>
        <translation>选择此模式。</translation>
    </message>
    <message>
        <source>Run it at once.</source>
        <translation>立即运行。</translation>
    </message>
</context>
<context>
    <name>heddle::TimelinePainter</name>
    <message>
        <source>held by %1</source>
        <translation>由 %1 持有</translation>
    </message>
</context>
<context>
    <name>heddle::studio::Coroutine</name>
    <message>
        <source>created, not started</source>
        <translation>已创建，未开始</translation>
    </message>
    <message>
        <source>ready: its turn has not come</source>
        <translation>就绪：还未轮到</translation>
    </message>
    <message>
        <source>runs on %1</source>
        <translation>在 %1 上运行</translation>
    </message>
    <message>
        <source>waits: %1</source>
        <translation>等待：%1</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>已失败</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
</context>
</TS>
